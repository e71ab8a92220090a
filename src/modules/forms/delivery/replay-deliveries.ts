import { asc, inArray } from "drizzle-orm";
import { audit, type Origin } from "#/kernel/audit";
import type { Db } from "#/kernel/db";
import { conflict, notFound } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { formsOf } from "../catalogue/forms-registry";
import type { Delivery } from "../queries";
import { type DeliveryState, deliveries, submissions } from "../tables";
import { senderOf } from "./channels";
import type { Judged } from "./channels/channel";
import { type DeliveryFilters, listDeliveries } from "./list-deliveries";
import { replanSkipped, type Skipped } from "./replan-skipped";
import { startSeries } from "./start-series";

type Actor = { id: number; origin: Origin };

/** Deliveries of one call by a filter. */
export const mostReplayed = 1_000;

/** What can be sent again without being asked twice. */
const atRest: ReadonlySet<DeliveryState> = new Set(["dead", "retrying", "skipped"]);

/** Why a delivery in this state is not sent again. */
const refusals: Partial<Record<DeliveryState, readonly [code: string, message: string]>> = {
  queued: ["not_replayable", "Cannot replay a delivery that is queued"],
  sending: ["not_replayable", "Cannot replay a delivery that is sending"],
  delivered: ["not_replayable", 'Cannot replay a delivery that arrived, unless the body says {"again":true}'],
  waiting: ["waits_for_verdict", "This delivery waits for the verdict on its message"],
  cancelled: ["cancelled", "This delivery was cancelled: its message is spam or erased"],
  suppressed: ["suppressed", "This address takes no mail of ours, or had enough of it for now"],
};

/**
 * Sends a delivery once more, in a new series of attempts. State, job and audit row are one transaction. One that was
 * skipped goes where the configuration of today says; `again` allows one that has arrived. Refuses with 404, and 409
 * `not_replayable`, `waits_for_verdict`, `cancelled`, `suppressed`, `message_withdrawn` or `not_configured`.
 */
export function replayDelivery(
  kernel: Kernel,
  { id: actor, origin }: Actor,
  { id, again = false }: { id: string; again?: boolean },
): Promise<void> {
  return kernel.db.transaction(async (tx) => {
    const [delivery] = await lockDeliveries(tx, [id]);
    if (!delivery) throw notFound("delivery");
    const { state } = delivery;
    const refusal = state === "delivered" && again ? undefined : refusals[state];
    if (refusal) throw conflict(...refusal);
    const judged = await findJudged(kernel, tx, [delivery]);
    if (!judged.has(delivery.submissionId))
      throw conflict("message_withdrawn", "The message of this delivery is not in the inbox any more");
    const begun = await replay(kernel, tx, [delivery], judged);
    if (begun.length === 0)
      throw conflict("not_configured", "No destination is configured that was not told already");
    const subject = { type: "delivery", id };
    await audit(tx, { event: "delivery.replayed", actor, subject, data: { before: state }, origin });
  });
}

/**
 * Sends these deliveries once more, or those that a filter finds (`dead` unless it names another state), the oldest
 * first, at most 1,000 of them. Whatever cannot be replayed is left as it is. `next`: where a further call goes on.
 */
export async function replayDeliveries(
  kernel: Kernel,
  { id: actor, origin }: Actor,
  wanted: { ids: readonly string[] } | { filter: DeliveryFilters; after?: string },
): Promise<{ queued: number; next: string | null }> {
  const { ids, next } = await idsOf(kernel.db, wanted);
  const { state, channel, target, since, until } = "filter" in wanted ? wanted.filter : {};
  return kernel.db.transaction(async (tx) => {
    const locked = await lockDeliveries(tx, ids);
    const asked = locked.filter((one) => atRest.has(one.state));
    const begun = await replay(kernel, tx, asked, await findJudged(kernel, tx, asked));
    const span = {
      ...(since && { since: since.toISOString() }),
      ...(until && { until: until.toISOString() }),
    };
    await audit(tx, {
      event: "delivery.replayed_many",
      actor,
      subject: { type: "deliveries", id: begun.length },
      data: { queued: begun.length, ...(state && { state }), ...(channel && { channel }), ...span },
      // It may be the address of a visitor.
      details: { ...(target !== undefined && { target }) },
      origin,
    });
    return { queued: begun.length, next };
  });
}

async function idsOf(
  db: Db,
  wanted: Parameters<typeof replayDeliveries>[2],
): Promise<{ ids: readonly string[]; next: string | null }> {
  if ("ids" in wanted) return { ids: wanted.ids, next: null };
  const { filter, after } = wanted;
  const page = { limit: mostReplayed, order: "oldest", ...(after !== undefined && { after }) } as const;
  const { items, next } = await listDeliveries(db, { state: "dead", ...filter, ...page });
  return { ids: items.map(({ id }) => id), next };
}

/** In the order of their ids, so that two calls cannot wait for each other. */
function lockDeliveries(tx: Db, ids: readonly string[]): Promise<Delivery[]> {
  return tx
    .select()
    .from(deliveries)
    .where(inArray(deliveries.id, [...ids]))
    .orderBy(asc(deliveries.id))
    .for("update");
}

/** The messages whose deliveries may go out, with their forms. */
async function findJudged(
  kernel: Pick<Kernel, "db">,
  tx: Db,
  asked: readonly Delivery[],
): Promise<Map<string, Judged>> {
  const forms = formsOf(kernel);
  const ids = [...new Set(asked.map(({ submissionId }) => submissionId))];
  const rows = await tx.select().from(submissions).where(inArray(submissions.id, ids));
  const found = new Map<string, Judged>();
  for (const submission of rows) {
    const form = await forms.at(tx, submission.form, submission.formVersion);
    if (form && (submission.state === "inbox" || submission.state === "pending"))
      found.set(submission.id, { submission, form });
  }
  return found;
}

async function replay(
  kernel: Kernel,
  tx: Db,
  asked: readonly Delivery[],
  judged: ReadonlyMap<string, Judged>,
): Promise<string[]> {
  const possible = asked.flatMap((delivery): Skipped[] => {
    const one = judged.get(delivery.submissionId);
    const isDue = one?.submission.state === "inbox" || senderOf(delivery.channel)?.tells === "pending";
    return one && isDue ? [{ delivery, judged: one }] : [];
  });
  const inState = (...states: DeliveryState[]) =>
    possible.filter(({ delivery }) => states.includes(delivery.state)).map(({ delivery }) => delivery.id);
  const skipped: string[] = [];
  const unsent = possible.filter(({ delivery }) => delivery.state === "skipped");
  for (const [channel, those] of Map.groupBy(unsent, ({ delivery }) => delivery.channel))
    skipped.push(...(await replanSkipped(kernel, tx, channel, those)));
  return [
    ...(await startSeries(kernel, tx, inState("dead", "retrying"), { from: ["dead", "retrying"] })),
    ...(await startSeries(kernel, tx, inState("delivered"), { from: ["delivered"], afresh: true })),
    ...(await startSeries(kernel, tx, skipped, { from: ["skipped"] })),
  ];
}
