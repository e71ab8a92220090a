import type { CallResult } from "#/kernel/call-result";
import type { Crm } from "#/kernel/crm";
import { type Db, migrationStatus } from "#/kernel/db";
import { AppError } from "#/kernel/errors";
import type { Tools } from "#/kernel/kernel";
import type { Mail } from "#/kernel/mail";
import { type Probe, runProbes, type Verdict } from "#/kernel/probes";
import { countDevsWithoutApp } from "#/modules/accounts";
import { readCanary } from "#/modules/forms";
import type { DatabaseCommand } from "../database-command";
import { exitCodes } from "../exit-codes";

const fine = (detail: string): Verdict => ({ ok: true, detail });
const warn = (detail: string): Verdict => ({ ok: true, warning: true, detail });
const broken = (detail: string): Verdict => ({ ok: false, detail });

/** Looks at what the process that holds the database can reach. Its output is one JSON list of findings. */
export const probeServices: DatabaseCommand = async (tools, _args, { write }) => {
  await write(
    JSON.stringify(await runProbes([...databaseProbes(tools), mailProbe(tools.mail), crmProbe(tools.crm)])),
  );
  return exitCodes.done;
};

const databaseProbes = ({ database, jobs }: Pick<Tools, "database" | "jobs">): Probe[] => [
  {
    name: "database",
    async probe() {
      const { ok, detail } = await database.check();
      return { ok, detail: `${database.kind}, ${detail}` };
    },
  },
  {
    name: "migrations",
    async probe() {
      const { applied, pending, unknown, refusal } = await migrationStatus(database);
      if (refusal) return broken(refusal.message);
      if (pending.length > 0) return warn(`${pending.length} pending: the next start applies them`);
      const newer = unknown.length > 0 ? `, ${unknown.length} of a newer release` : "";
      return fine(`${applied.length} applied${newer}`);
    },
  },
  {
    name: "room",
    probe: async () =>
      database.hasRoom() ? fine("there is room for messages") : broken("the disk is nearly full"),
  },
  { name: "jobs", probe: () => judgeJobs(jobs) },
  { name: "canary", probe: () => judgeCanary(database.db) },
  {
    name: "authenticator apps",
    async probe() {
      const without = await countDevsWithoutApp(database.db);
      return without
        ? warn(`${without} of the role dev have none: see DEV_MASTER_OTP`)
        : fine("every account of the role dev has one");
    },
  },
];

/** A canary that was sent and has not arrived in this time is lost, in milliseconds. */
const canaryMs = 15 * 60_000;

async function judgeCanary(db: Db): Promise<Verdict> {
  try {
    const { last, arrivedAt } = await readCanary(db);
    if (!last) return fine("no test message was sent in the last days");
    const arrived = arrivedAt
      ? `the last one that arrived did so ${arrivedAt.toISOString()}`
      : "none arrived";
    const isLost = (arrivedAt ?? 0) < last.sentAt && Date.now() - last.sentAt.getTime() > canaryMs;
    return isLost ? warn(`sent ${last.sentAt.toISOString()} and lost; ${arrived}`) : fine(arrived);
  } catch (error) {
    // undefined_table, undefined_column: the migrations say more.
    if (["42P01", "42703"].includes(codeOf(error))) return fine("the database is not migrated yet");
    throw error;
  }
}

function codeOf(error: unknown): string {
  const { cause = error } = error as { cause?: unknown };
  return String((cause as { code?: unknown }).code);
}

async function judgeJobs(jobs: Tools["jobs"]): Promise<Verdict> {
  try {
    const dead = await jobs.deadLetters();
    if (dead.length === 0) return fine("none was given up in the last 30 days");
    const kinds = dead.map(({ job, count, newest }) => `${job} ${count} (last ${newest.toISOString()})`);
    return warn(`given up in the last 30 days: ${kinds.join(", ")}`);
  } catch (error) {
    const { code } = (error instanceof AppError ? error.cause : error) as { code?: unknown };
    // undefined_table: no server has ever started on this database.
    if (code === "42P01") return fine("no queue yet: the first start makes it");
    throw error;
  }
}

/** Whether the transport would take a mail now; nothing is sent. */
export const mailProbe = (mail: Mail): Probe => ({
  name: "mail",
  async probe() {
    if (!mail.available) return warn("no transport is configured: nobody is told of a message");
    return judgeReach(mail.transport, await mail.probe());
  },
});

/** Whether the CRM takes our key; nothing is written. */
export const crmProbe = (crm: Crm): Probe => ({
  name: "crm",
  async probe() {
    if (!crm.available) return fine("none is configured (HUBSPOT_API_KEY)");
    const missing = (["demo", "quote"] as const).filter((kind) => !crm.takesDeal(kind));
    const verdict = judgeReach(crm.name, await crm.probe());
    return verdict.ok && missing.length > 0
      ? fine(`${verdict.detail}; no deals for ${missing.join(" and ")} (HUBSPOT_PIPELINE, HUBSPOT_STAGE_…)`)
      : verdict;
  },
});

const judgeReach = (name: string, result: CallResult<{ detail: string }>): Verdict => {
  if (result.kind === "ok") return fine(`${name}: ${result.value.detail}`);
  const { code, status } = result.why;
  return broken(`${name}: ${[code, status].filter((part) => part !== undefined).join(" ")}`);
};
