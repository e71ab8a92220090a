import { Elysia, t } from "elysia";
import { originOf } from "#/kernel/audit";
import { createCursors } from "#/kernel/cursor";
import { AppError } from "#/kernel/errors";
import { jsonBody } from "#/kernel/http";
import { ProblemError } from "#/kernel/http/error-schemas";
import { Limit, limitOf, Moment, momentOf } from "#/kernel/http/list-parameters";
import { oneOf } from "#/kernel/http/one-of";
import type { Kernel } from "#/kernel/kernel";
import { UUID } from "#/kernel/uuid";
import { type Account, signedIn } from "#/modules/accounts";
import { channels, submissionKinds } from "../tables";
import { readCanary } from "../trials/read-canary";
import {
  CanarySchema,
  DeliverySchema,
  deliveryId,
  deliveryStates,
  ListedDeliverySchema,
  showDelivery,
  showListedDelivery,
} from "./delivery-schemas";
import { listDeliveries } from "./list-deliveries";
import { readDelivery } from "./read-delivery";
import { mostReplayed, replayDeliveries, replayDelivery } from "./replay-deliveries";

const Id = t.String({ pattern: UUID, examples: [deliveryId] });
const After = t.String({ maxLength: 512, description: "`next` of the page before" });
const Target = t.String({
  maxLength: 254,
  // No database takes a NUL.
  pattern: "^[^\\u0000]*$",
  description: "An address, or the id of an endpoint",
  examples: ["team@example.com"],
});
const Span = { since: t.Optional(Moment), until: t.Optional(Moment) };
const actorOf = (account: Account, request: Request) => ({ id: account.id, origin: originOf(request) });

function momentsOf({ since, until }: { since?: string; until?: string }) {
  return {
    ...(since !== undefined && { since: momentOf("since", since) }),
    ...(until !== undefined && { until: momentOf("until", until) }),
  };
}

/** The ledger: what was sent when and to whom, what failed and why; and sending it again. */
export const ledger = (kernel: Kernel) => {
  const { db } = kernel;
  const cursors = createCursors<string>(kernel.config, "deliveries");
  const replayCursors = createCursors<string>(kernel.config, "delivery replays");

  return new Elysia({ name: "forms.ledger", prefix: "/api/v1/admin", tags: ["team"] })
    .use(signedIn(kernel, { role: "editor" }))
    .use(jsonBody)
    .get(
      "/deliveries",
      async ({ query }) => {
        const { limit, after, ...filters } = query;
        const { items, next } = await listDeliveries(db, {
          ...filters,
          ...momentsOf(filters),
          limit: limitOf(limit),
          ...(after !== undefined && { after: cursors.read(after, filters) }),
        } as Parameters<typeof listDeliveries>[1]);
        return {
          items: items.map(showListedDelivery),
          next: next === null ? null : cursors.issue(next, filters),
        };
      },
      {
        query: t.Object({
          state: t.Optional(oneOf([...deliveryStates])),
          channel: t.Optional(oneOf([...channels])),
          target: t.Optional(Target),
          form: t.Optional(t.String({ pattern: "^[a-z0-9_][a-z0-9_-]{0,63}$", examples: ["contact"] })),
          kind: t.Optional(
            oneOf([...submissionKinds], { description: "Default: real; tests and canaries are apart" }),
          ),
          ...Span,
          limit: t.Optional(Limit),
          after: t.Optional(After),
        }),
        response: {
          200: t.Object({ items: t.Array(ListedDeliverySchema), next: t.Nullable(t.String()) }),
          422: ProblemError,
        },
        detail: {
          summary: "List deliveries",
          description:
            "One of each message and destination, newest first. What no index knows is looked for among 1,000 deliveries a call: a page may come back short, or empty, with a `next` that goes on.",
        },
      },
    )
    .get(
      "/deliveries/canary",
      async () => {
        const { last, arrivedAt } = await readCanary(db);
        return {
          every_s: kernel.config.FORMS_CANARY,
          last: last && { id: last.id, sent_at: last.sentAt.toISOString(), deliveries: last.deliveries },
          last_arrived_at: arrivedAt?.toISOString() ?? null,
        };
      },
      {
        response: { 200: CanarySchema },
        detail: {
          summary: "How the last test messages of the service fared",
          description: "FORMS_CANARY says how often one is sent; one that does not arrive raises an alert.",
        },
      },
    )
    .get("/deliveries/:id", async ({ params }) => showDelivery(await readDelivery(db, params.id)), {
      params: t.Object({ id: Id }),
      response: { 200: DeliverySchema },
      detail: { summary: "Read a delivery", description: "With every attempt and what the other side said." },
    })
    .post(
      "/deliveries/:id/replays",
      async ({ account, body, params, request, status }) => {
        await replayDelivery(kernel, actorOf(account, request), { ...params, ...body });
        return status(202, { status: "queued" });
      },
      {
        params: t.Object({ id: Id }),
        body: t.Object({
          again: t.Optional(
            t.Boolean({ description: "Send also what has arrived already", examples: [false] }),
          ),
        }),
        response: { 202: t.Object({ status: t.Literal("queued") }), 409: ProblemError, 422: ProblemError },
        detail: {
          summary: "Send a delivery once more",
          description:
            "In a new series of attempts under the same id. One that was skipped goes where the configuration of today says. 409: `not_replayable` (queued, sending, or arrived without `again`), `waits_for_verdict`, `cancelled`, `suppressed`, `message_withdrawn`, `not_configured`.",
        },
      },
    )
    .post(
      "/deliveries/replays",
      async ({ account, body, request, status }) => {
        const { ids, filter, after } = body;
        if ((ids === undefined) === (filter === undefined))
          throw new AppError(422, "invalid", "Name either ids or a filter");
        const wanted = ids
          ? { ids }
          : {
              filter: { ...filter, ...momentsOf(filter ?? {}) },
              ...(after !== undefined && { after: replayCursors.read(after, filter ?? {}) }),
            };
        const { queued, next } = await replayDeliveries(
          kernel,
          actorOf(account, request),
          wanted as Parameters<typeof replayDeliveries>[2],
        );
        return status(202, {
          queued,
          more: next !== null,
          next: next === null ? null : replayCursors.issue(next, filter ?? {}),
        });
      },
      {
        body: t.Object(
          {
            ids: t.Optional(t.Array(t.String({ pattern: UUID }), { minItems: 1, maxItems: 500 })),
            filter: t.Optional(
              t.Object({
                state: t.Optional(oneOf(["dead", "retrying", "skipped"], { description: "Default: dead" })),
                channel: t.Optional(oneOf([...channels])),
                target: t.Optional(Target),
                ...Span,
              }),
            ),
            after: t.Optional(t.String({ maxLength: 512, description: "`next` of the call before" })),
          },
          { examples: [{ filter: { state: "dead", since: "2026-11-21T00:00:00Z" } }] },
        ),
        response: {
          202: t.Object({
            queued: t.Integer({ examples: [12] }),
            more: t.Boolean({ examples: [false] }),
            next: t.Nullable(t.String()),
          }),
          422: ProblemError,
        },
        detail: {
          summary: "Send deliveries once more",
          description: `Those named, or those that a filter finds, the oldest first: up to ${mostReplayed.toLocaleString("en")} a call; while \`more\`, call again with \`after\`. Whatever cannot be replayed is left as it is, and is not counted.`,
        },
      },
    );
};
