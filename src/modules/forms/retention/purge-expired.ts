import { setImmediate } from "node:timers/promises";
import { Type } from "@sinclair/typebox";
import { inArray, type SQL, sql } from "drizzle-orm";
import { audit } from "#/kernel/audit";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import { defineJob } from "#/kernel/jobs";
import type { Kernel } from "#/kernel/kernel";
import { formsOf } from "../catalogue/forms-registry";
import { everything, newestOf } from "../inbox/newest-messages";
import { optIns } from "../opt-in/tables";
import { spamLessons } from "../screening/tables";
import { deliveries, deliveryAttempts, submissionNotes, submissions } from "../tables";
import { dueSpans, listRules, probesBefore } from "./retention-rules";

/** In one transaction; on the embedded database everybody else waits for its end. */
const BATCH_ROWS = 500;

/** By form, then by state, or `test`. */
type Counts = Map<string, Record<string, number>>;

/** Deletes every night what has been kept long enough. */
export const purgeExpired = defineJob({
  name: "forms.purge",
  payload: Type.Object({}),
  schedule: "41 3 * * *",
  leaseSeconds: 3600,
  run: purgeSubmissions,
});

/**
 * Deletes the messages that `retention-rules.ts` calls due, with their notes, deliveries, attempts, links to confirm and
 * lessons, 500 in a transaction; then one event of the audit for each form says how many. When a batch fails, what was
 * deleted before it is still told.
 */
export async function purgeSubmissions(kernel: Pick<Kernel, "config" | "db" | "log" | "now">): Promise<void> {
  const { config, db, log, now } = kernel;
  const moment = now();
  const forms = formsOf(kernel);
  // A process that could not read them yet would take the service's rule for a form that has its own.
  await forms.refresh();
  const deleted: Counts = new Map();
  try {
    await inBatches(db, deleted, probes(probesBefore(moment)));
    for (const { form, state, before } of dueSpans(listRules(forms, config), moment))
      await inBatches(db, deleted, newestOf(form, state, { from: everything.from, to: before }, BATCH_ROWS));
  } finally {
    await record(db, deleted);
  }
  const rows = [...deleted.values()].flatMap(Object.values).reduce((sum, count) => sum + count, 0);
  if (rows > 0) log("info", "forms.purged", { rows });
}

/** Has a partial index of its own, in which real messages are not. */
const probes = (before: string): SQL => sql`
  select * from gatehouse.submissions where kind <> 'real' and id < ${before}::uuid
  order by id limit ${BATCH_ROWS}::int`;

async function inBatches(db: Db, deleted: Counts, due: SQL): Promise<void> {
  for (;;) {
    const batch = await db.transaction((tx) => deleteBatch(tx, due));
    for (const { form, what } of batch) {
      const counts = deleted.get(form) ?? {};
      counts[what] = (counts[what] ?? 0) + 1;
      deleted.set(form, counts);
    }
    if (batch.length < BATCH_ROWS) return;
    // The embedded database answers without a turn of the event loop, and visitors would wait.
    await setImmediate();
  }
}

/** The messages are held first, as everybody does who changes one and what belongs to it. */
async function deleteBatch(tx: Db, due: SQL): Promise<{ form: string; what: string }[]> {
  const held = await tx.execute(sql`
    select id, form, case when kind = 'real' then state else 'test' end as what from gatehouse.submissions
    where id in (select id from (${due}) as due) order by id for update`);
  const rows = rowsOf<{ id: string; form: string; what: string }>(held);
  const ids = rows.map(({ id }) => id);
  if (ids.length === 0) return [];
  const told = tx.select({ id: deliveries.id }).from(deliveries).where(inArray(deliveries.submissionId, ids));
  await tx.delete(deliveryAttempts).where(inArray(deliveryAttempts.deliveryId, told));
  for (const { table, column } of belongings) await tx.delete(table).where(inArray(column, ids));
  await tx.delete(submissions).where(inArray(submissions.id, ids));
  return rows;
}

const belongings = [
  { table: deliveries, column: deliveries.submissionId },
  { table: submissionNotes, column: submissionNotes.submissionId },
  { table: optIns, column: optIns.submissionId },
  { table: spamLessons, column: spamLessons.submissionId },
];

async function record(db: Db, deleted: Counts): Promise<void> {
  if (deleted.size === 0) return;
  await db.transaction(async (tx) => {
    for (const [form, counts] of deleted)
      await audit(tx, {
        event: "submission.purged",
        actor: null,
        subject: { type: "form", id: form },
        data: { deleted: counts },
      });
  });
}
