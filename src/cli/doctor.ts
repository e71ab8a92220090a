import { type Environment, inspectConfig, settingsProbes, showSettings } from "#/kernel/config";
import { type Finding, type Probe, runProbes } from "#/kernel/probes";
import { version } from "#/kernel/version";
import { type Help, print, readArguments } from "./command";
import { exitCodes } from "./exit-codes";

type Shown = ReturnType<typeof showSettings>[number];

export const help: Help = {
  usage: "[--json]",
  summary: "Show every setting and where it came from, and probe what is configured",
  details:
    "Of secrets only the origin and a class of length are shown.\n  --json   one object: version, ok, settings, findings\nWarnings are marked and do not change the exit code.",
  exits: ["failed"],
};

export const run = (args: string[]) => diagnose(args, process.env, []);

/** `probes` are those of the services that are configured; those of the settings are always run. */
export async function diagnose(args: string[], env: Environment, probes: readonly Probe[]): Promise<number> {
  const { values } = readArguments(args, { options: { json: { type: "boolean" } } });
  const inspection = inspectConfig(env);
  const settings = showSettings(inspection);
  const findings = await runProbes([...settingsProbes(inspection, env), ...probes]);
  const ok = findings.every(({ state }) => state !== "broken");

  print(values.json ? JSON.stringify({ version, ok, settings, findings }) : report(settings, findings));
  return ok ? exitCodes.done : exitCodes.failed;
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
