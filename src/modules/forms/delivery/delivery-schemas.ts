import { t } from "elysia";
import { oneOf } from "#/kernel/http/one-of";
import { channels, type DeliveryState, submissionKinds } from "../tables";
import type { ListedDelivery } from "./list-deliveries";
import type { ReadDelivery } from "./read-delivery";

export const deliveryStates = [
  "waiting",
  "queued",
  "sending",
  "retrying",
  "delivered",
  "dead",
  "cancelled",
  "suppressed",
  "skipped",
] as const satisfies readonly DeliveryState[];

const Moment = t.String({ format: "date-time", examples: ["2026-11-21T09:30:00.000Z"] });
export const deliveryId = "0199f3c2-5b1e-7000-8000-0000000000d4";

/** A delivery as a list shows it. */
export const ListedDeliverySchema = t.Object({
  id: t.String({ format: "uuid", examples: [deliveryId] }),
  submission_id: t.String({ format: "uuid", examples: ["0199f3c2-5b1e-7000-8000-0000000000a1"] }),
  form: t.String({ examples: ["contact"] }),
  kind: oneOf([...submissionKinds]),
  channel: oneOf([...channels]),
  target: t.String({
    description: "The address, or the id of an endpoint; empty where none was configured",
    examples: ["team@example.com"],
  }),
  state: oneOf([...deliveryStates]),
  attempt_count: t.Integer({ description: "Since it was last sent by hand", examples: [1] }),
  next_at: t.Nullable(Moment),
  waits_for: t.Nullable(
    t.String({
      description: "The side that is away, and is asked by one delivery for all",
      examples: ["mail"],
    }),
  ),
  provider_id: t.Nullable(
    t.String({ description: "How the other side names what it took", examples: ["<id@example.com>"] }),
  ),
  last_error: t.Nullable(t.String({ examples: ["timeout"] })),
  created_at: Moment,
  updated_at: t.Nullable(Moment),
});

export const DeliverySchema = t.Object({
  ...ListedDeliverySchema.properties,
  attempts: t.Array(
    t.Object({
      n: t.Integer({ examples: [1] }),
      started_at: Moment,
      took_ms: t.Integer({ examples: [120] }),
      outcome: t.String({
        description: "ok, retry, uncertain, parked (cost no attempt) or refused",
        examples: ["ok"],
      }),
      status: t.Nullable(t.Integer({ examples: [250] })),
      summary: t.String({ description: "What the other side said", examples: ["250 kept"] }),
    }),
    { description: "Of all series, the first one first; at most the newest 200" },
  ),
});

export const CanarySchema = t.Object({
  every_s: t.Integer({ description: "0: never", examples: [86_400] }),
  last: t.Nullable(
    t.Object({
      id: t.String({ format: "uuid" }),
      sent_at: Moment,
      deliveries: t.Array(
        t.Object({ channel: oneOf([...channels]), target: t.String(), state: oneOf([...deliveryStates]) }),
      ),
    }),
  ),
  last_arrived_at: t.Nullable(Moment),
});

export const showListedDelivery = (listed: ListedDelivery): typeof ListedDeliverySchema.static => ({
  id: listed.id,
  submission_id: listed.submissionId,
  form: listed.form,
  kind: listed.kind,
  channel: listed.channel,
  target: listed.target,
  state: listed.state,
  attempt_count: listed.attempts,
  next_at: listed.nextAt,
  waits_for: listed.waitsFor,
  provider_id: listed.remoteId,
  last_error: listed.lastError,
  created_at: listed.createdAt,
  updated_at: listed.updatedAt,
});

export function showDelivery({ log, ...delivery }: ReadDelivery): typeof DeliverySchema.static {
  const { nextAt, createdAt, updatedAt } = delivery;
  return {
    ...showListedDelivery({
      ...delivery,
      nextAt: nextAt?.toISOString() ?? null,
      createdAt: createdAt.toISOString(),
      updatedAt: updatedAt?.toISOString() ?? null,
    }),
    attempts: log.map(({ n, startedAt, tookMs, outcome, status, summary }) => ({
      n,
      started_at: startedAt.toISOString(),
      took_ms: tookMs,
      outcome,
      status,
      summary,
    })),
  };
}
