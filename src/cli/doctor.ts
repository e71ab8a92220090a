import { openCrm, openMail } from "#/boot";
import { inspectConfig, mailTransportOf, settingsProbes, showSettings } from "#/kernel/config";
import { hasDatabase } from "#/kernel/db";
import { StartRefusal } from "#/kernel/db/start-refusal";
import { createHttpClient } from "#/kernel/http-client";
import { createMetrics } from "#/kernel/metrics";
import { type Finding, type Probe, runProbes } from "#/kernel/probes";
import { version } from "#/kernel/version";
import { compiledForms } from "#/modules/forms";
import { type Help, print, readArguments } from "./command";
import { crmProbe, mailProbe } from "./database/probe-services";
import { exitCodes } from "./exit-codes";
import { type CommandConfig, readCommandConfig, runDatabaseCommand } from "./run-database-command";
import { senderDomainProbes } from "./sender-domain";

type Shown = ReturnType<typeof showSettings>[number];

export const help: Help = {
  usage: "[--json]",
  summary: "Show every setting and where it came from, and probe what is configured",
  details:
    "Of secrets only the origin and a class of length are shown.\n  --json   one object: version, ok, settings, findings\nWarnings are marked and do not change the exit code.",
  exits: ["failed"],
};

export async function run(args: string[]): Promise<number> {
  const { values } = readArguments(args, { options: { json: { type: "boolean" } } });
  const inspection = inspectConfig(process.env);
  const settings = showSettings(inspection);
  const findings = [
    ...(await runProbes([...settingsProbes(inspection, process.env), confirmationProbe(inspection)])),
    ...(await probeServices()),
    ...(await runProbes(senderDomainProbes(inspection.reading.values))),
  ];
  const ok = findings.every(({ state }) => state !== "broken");

  print(values.json ? JSON.stringify({ version, ok, settings, findings }) : report(settings, findings));
  return ok ? exitCodes.done : exitCodes.failed;
}

/**
 * Database, queue and mail, by the process that holds them. A database that was never made is not made here.
 * Nothing where the settings that lead to them are wrong, which another finding says.
 */
async function probeServices(): Promise<Finding[]> {
  let config: CommandConfig;
  try {
    config = readCommandConfig();
  } catch {
    return [];
  }
  if (!config.DATABASE_URL && !hasDatabase(config.DATA_DIR)) {
    const detail = `embedded, the first start makes it in ${config.DATA_DIR}`;
    return [{ name: "database", state: "ok", detail }, ...(await probeVendors(config))];
  }
  const found: string[] = [];
  const collect = { write: async (text: string) => void found.push(text), complain: async () => {} };
  try {
    await runDatabaseCommand(config, { name: "doctor", args: [] }, collect);
    return JSON.parse(found.join(""));
  } catch (error) {
    const detail = error instanceof StartRefusal ? error.message : "cannot be opened";
    return [{ name: "database", state: "broken", detail }, ...(await probeVendors(config))];
  }
}

/** The outbox is a folder in the data directory, which nothing here makes. */
async function probeVendors(config: CommandConfig): Promise<Finding[]> {
  const http = createHttpClient({ log: () => {}, metrics: createMetrics() });
  const crm = crmProbe(openCrm(config, http, () => {}));
  if (!mailTransportOf(config) && !config.production)
    return [{ name: "mail", state: "ok", detail: "the local outbox" }, ...(await runProbes([crm]))];
  const mail = await openMail(config, () => {}, http);
  try {
    return await runProbes([mailProbe(mail), crm]);
  } finally {
    await mail.close();
  }
}

function confirmationProbe({ reading }: ReturnType<typeof inspectConfig>): Probe {
  const strangers = (reading.values.FORMS_CONFIRMATION ?? []).filter((form) => !compiledForms.has(form));
  const detail =
    strangers.length > 0
      ? `FORMS_CONFIRMATION names forms that do not exist: ${strangers.join(", ")}`
      : `${compiledForms.size} forms`;
  return { name: "forms", probe: async () => ({ ok: strangers.length === 0, detail }) };
}

function report(settings: readonly Shown[], findings: readonly Finding[]): string {
  const marks = { ok: "ok     ", warning: "WARNING", broken: "BROKEN " };
  return [
    `gatehouse ${version}`,
    "",
    ...settings.map((setting) =>
      `  ${setting.name.padEnd(30)} ${setting.source.padEnd(12)} ${wordValue(setting)}`.trimEnd(),
    ),
    "",
    ...findings.map(({ name, state, detail }) => `  ${marks[state]} ${name}: ${detail}`),
  ].join("\n");
}

function wordValue({ value = "", length, placeholder, later }: Shown): string {
  const notes = [
    ...(length ? [`secret, ${length}`] : []),
    ...(placeholder ? ["sample value, counts as not set"] : []),
    ...(later ? ["used from a later release"] : []),
  ];
  return [value, ...(notes.length > 0 ? [`(${notes.join("; ")})`] : [])].filter(Boolean).join(" ");
}
