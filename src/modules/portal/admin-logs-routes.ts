import { Elysia, t } from "elysia";
import { audit, type EventFilters, listEvents, originOf } from "#/kernel/audit";
import { createCursors } from "#/kernel/cursor";
import { oneOf } from "#/kernel/http";
import { ProblemError } from "#/kernel/http/error-schemas";
import { Id, idOf, Limit, limitOf, Moment, momentOf } from "#/kernel/http/list-parameters";
import type { Kernel } from "#/kernel/kernel";
import { signedIn } from "#/modules/accounts";
import { LogItem, toLogItem } from "./log-item";

/** The audit, for devs. */
export const adminLogs = (kernel: Kernel) => {
  const cursors = createCursors<number>(kernel.config, "audit");
  return new Elysia({ name: "portal.admin-logs", prefix: "/api/v1/admin", tags: ["team"] })
    .use(signedIn(kernel, { role: "dev", devScope: true }))
    .get(
      "/logs",
      async ({ account, query, request }) => {
        const { limit, after, ...filters } = query;
        const { items, next } = await listEvents(kernel.db, {
          ...toFilters(filters),
          limit: limitOf(limit),
          ...(after !== undefined && { after: cursors.read(after, filters) }),
        });
        // Once for each look, not for each page of it.
        if (after === undefined)
          await audit(kernel.db, {
            event: "admin.logs_exported",
            actor: account.id,
            subject: { type: "audit", id: "events" },
            data: { filters: Object.keys(filters) },
            origin: originOf(request),
          });
        return {
          items: items.map(toLogItem),
          next: next === null ? null : cursors.issue(next, filters),
        };
      },
      {
        query: t.Object({
          event: t.Optional(
            t.String({
              pattern: "^[a-z_]{1,40}\\.([a-z_]{1,60})?$",
              description: "A name, or a module with its dot",
              examples: ["session."],
            }),
          ),
          actor: t.Optional(Id),
          subject: t.Optional(
            t.String({
              pattern: "^[a-z_]{1,40}:[\\w.@-]{1,128}$",
              description: "Type and id, parted by a colon",
              examples: ["user:1"],
            }),
          ),
          outcome: t.Optional(oneOf(["ok", "refused"])),
          request_id: t.Optional(
            t.String({
              pattern: "^[A-Za-z0-9._-]{8,128}$",
              examples: ["0199f3c2-5b1e-7000-8000-0000000000a1"],
            }),
          ),
          from: t.Optional(Moment),
          to: t.Optional(Moment),
          limit: t.Optional(Limit),
          after: t.Optional(t.String({ maxLength: 512, description: "`next` of the page before" })),
        }),
        response: {
          200: t.Object({ items: t.Array(LogItem), next: t.Nullable(t.String()) }),
          404: ProblemError,
          422: ProblemError,
        },
        detail: {
          summary: "The audit: who did what to what",
          description:
            "Newest first; without `from` and `to` the last 30 days. Reading it is itself recorded.",
        },
      },
    );
};

type Query = {
  event?: string;
  actor?: string;
  subject?: string;
  outcome?: "ok" | "refused";
  request_id?: string;
  from?: string;
  to?: string;
};

function toFilters({ event, actor, subject, outcome, request_id, from, to }: Query): EventFilters {
  const [type = "", id = ""] = subject?.split(":") ?? [];
  return {
    ...(event !== undefined && { event }),
    ...(actor !== undefined && { actor: idOf(actor) }),
    ...(subject !== undefined && { subject: { type, id } }),
    ...(outcome && { outcome }),
    ...(request_id !== undefined && { requestId: request_id }),
    ...(from !== undefined && { from: momentOf("from", from) }),
    ...(to !== undefined && { to: momentOf("to", to) }),
  };
}
