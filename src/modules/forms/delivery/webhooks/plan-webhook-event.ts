import { and, eq, gt, inArray, or } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import type { Submission } from "../../queries";
import { deliveries } from "../../tables";
import { enqueueDeliveries } from "../deliver-submission";
import { readTarget, targetOf, type WebhookEvent } from "./events";
import { findListeners, isFor, type WebhookEndpoint } from "./find-endpoints";

/**
 * Tells webhooks what became of a message after it was sent to them: a delivery of its own for each endpoint that
 * listens, stored in the caller's transaction with its job; once for each event. Of an erasure only those hear that may
 * have had the message.
 */
export async function planWebhookEvent(
  kernel: Pick<Kernel, "jobs">,
  tx: Db,
  submission: Pick<Submission, "id" | "form" | "kind">,
  event: Exclude<WebhookEvent, "submission.received">,
): Promise<void> {
  if (submission.kind === "canary") return;
  const concerned = await findConcerned(tx, submission, event);
  if (concerned.length === 0) return;
  const planned = await tx
    .insert(deliveries)
    .values(
      concerned.map(({ id, disabledAt }) => ({
        id: Bun.randomUUIDv7(),
        submissionId: submission.id,
        channel: "webhook" as const,
        target: targetOf(id, event),
        state: disabledAt === null ? ("queued" as const) : ("skipped" as const),
      })),
    )
    .onConflictDoNothing()
    .returning({ deliveryId: deliveries.id, channel: deliveries.channel, state: deliveries.state });
  const due = planned.filter(({ state }) => state === "queued");
  await enqueueDeliveries(kernel, tx, due);
}

async function findConcerned(
  tx: Db,
  { id, form }: Pick<Submission, "id" | "form">,
  event: WebhookEvent,
): Promise<WebhookEndpoint[]> {
  const listeners = await findListeners(tx, event);
  if (event !== "submission.erased") return listeners.filter((endpoint) => isFor(endpoint, form));
  if (listeners.length === 0) return [];
  const tried = await tx
    .select({ target: deliveries.target })
    .from(deliveries)
    .where(
      and(
        eq(deliveries.submissionId, id),
        eq(deliveries.channel, "webhook"),
        // Also one that failed: its answer may have been lost, and nothing else.
        or(gt(deliveries.attempts, 0), inArray(deliveries.state, ["sending", "delivered"])),
      ),
    );
  const told = new Set(tried.map(({ target }) => readTarget(target).endpointId));
  return listeners.filter((endpoint) => told.has(endpoint.id));
}
