import { t } from "elysia";
import type { AuditRecord } from "#/kernel/audit";
import { oneOf } from "#/kernel/http";

const Json = t.Record(t.String(), t.Any());
/** An event as devs see it. */
export const LogItem = t.Object({
  id: t.String({ examples: ["91"] }),
  at: t.String({ format: "date-time", examples: ["2026-11-21T09:30:00.000Z"] }),
  event: t.String({ examples: ["session.opened"] }),
  actor: t.Nullable(t.Integer({ examples: [1] })),
  subject: t.Object({ type: t.String({ examples: ["user"] }), id: t.String({ examples: ["1"] }) }),
  outcome: oneOf(["ok", "refused"]),
  request_id: t.Nullable(t.String()),
  data: Json,
  details: t.Nullable(Json),
  seq: t.Nullable(t.Integer({ description: "Its place in the chain, once it is sealed" })),
});

export const toLogItem = ({ id, at, requestId, ...event }: AuditRecord) => ({
  ...event,
  id: String(id),
  at: at.toISOString(),
  request_id: requestId,
});
