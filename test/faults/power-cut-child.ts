/**
 * Stores messages in the embedded database until the power of its disk goes, and kills itself in that moment.
 * Arguments: data directory, what was acknowledged before (a file of "id text" lines), the run as JSON.
 * Prints a JSON line for what it found on opening, `ack <id> <text>` after each answer, and a JSON line for the cut.
 */
import { readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { modules } from "#/app";
import type { Database } from "#/kernel/db";
import { migrate } from "#/kernel/db";
import { openEmbedded } from "#/kernel/db/embedded";
import { createJobs } from "#/kernel/jobs";
import { type NewSubmission, storeSubmissions } from "#/modules/forms/intake/store-submissions";
import { checkWhole } from "../support/check-whole";
import { powerCut, seeded } from "../support/power-cut";
import { countOrphans, tally } from "../support/tally";

export type Run = {
  seed: number;
  /** The operation on the disk at which the power goes; 0 for none: then it only looks. */
  at: number;
  /** Whether those of opening, recovery and migrations count; else the first one is under load. */
  opening: boolean;
  loss: number;
  /** Without the syncs of files, without those of directories. */
  without?: "syncs" | "directories";
};

const [directory = "", acknowledged = "", run = "{}"] = process.argv.slice(2);
const { seed, at, opening, loss, without } = JSON.parse(run) as Run;
const random = seeded(seed);
const writers = 4;
const silent = () => {};
let loaded = false;
const say = (line: string) => void writeSync(1, `${line}\n`);

const began = performance.now();
const database = await openEmbedded(
  directory,
  silent,
  powerCut({
    root: join(directory, "pgdata"),
    aside: join(directory, "removed"),
    at,
    counts: () => opening || loaded,
    loss,
    random,
    onCut(cut) {
      say(JSON.stringify({ cut }));
      process.kill(process.pid, "SIGKILL");
      throw new Error("It goes on without power");
    },
  }),
  (fileSystem, syncs) => {
    if (without === "syncs") delete fileSystem.stream_ops.fsync;
    if (without === "directories") syncs.directory = () => {};
  },
);
const openedMs = Math.round(performance.now() - began);
await migrate(database, silent);
const jobs = createJobs(
  database,
  modules.flatMap((module) => module.jobs),
  silent,
);
await jobs.open();
const found = await look(database);
say(JSON.stringify({ found: { openedMs, ...found } }));
if (at > 0) {
  // From then on the tables are in their files alone, and no longer in the log.
  if (found.rows === 0) await database.executeSql("checkpoint");
  loaded = true;
  await Promise.all([...Array.from({ length: writers }, store), disturb()]);
}
await jobs.stop(0);
await database.close();

async function look(database: Database) {
  const sent = readFileSync(acknowledged, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => ({ id: line.slice(0, 36), text: line.slice(37), key: "" }));
  const { missing, doubled, rows } = await tally(database, sent);
  return {
    missing,
    doubled,
    rows,
    orphans: await countOrphans(database),
    broken: await checkWhole(database),
  };
}

async function store(): Promise<never> {
  for (;;) {
    const batch = Array.from({ length: 1 + Math.floor(random() * 8) }, compose);
    const stored = await storeSubmissions({ db: database.db, jobs }, batch);
    for (const { id, fields } of batch) if (stored.has(id)) say(`ack ${id} ${fields.message}`);
  }
}

/** What else writes: judged rows, expired keys, checkpoints, vacuum. */
async function disturb(): Promise<never> {
  const statements = [
    "update gatehouse.submissions set state = 'inbox', judged_at = now() where state = 'received' and id in (select id from gatehouse.submissions where state = 'received' limit 20)",
    "delete from gatehouse.submission_keys where key in (select key from gatehouse.submission_keys limit 10)",
    "checkpoint",
    "select pg_switch_wal()",
    "vacuum (analyze) gatehouse.submission_keys",
    "vacuum (analyze) gatehouse.submissions",
  ];
  for (;;) {
    await Bun.sleep(random() * 60);
    await database.executeSql(statements[Math.floor(random() * statements.length)] as string);
  }
}

function compose(): NewSubmission {
  const id = Bun.randomUUIDv7();
  // Some longer than a page, so that they are stored out of line and in several records of the log.
  const message = `Message ${id} ${"x".repeat(random() < 0.1 ? 6_000 : 40)}`;
  const hash = new Bun.CryptoHasher("md5").update(id).digest("hex");
  return {
    id,
    form: "contact",
    formVersion: 0,
    door: "/f/contact",
    fields: { name: "Ada", email: "ada@example.com", message },
    language: "en",
    emailNormalised: "ada@example.com",
    subject: null,
    replyTo: null,
    client: null,
    userAgent: null,
    origin: null,
    contentHash: hash,
    intake: {},
    key: hash,
    keySeconds: 86_400,
  };
}
