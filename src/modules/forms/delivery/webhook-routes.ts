import { Elysia, t } from "elysia";
import { originOf } from "#/kernel/audit";
import { createCursors } from "#/kernel/cursor";
import { notFound } from "#/kernel/errors";
import { jsonBody } from "#/kernel/http";
import { ProblemError } from "#/kernel/http/error-schemas";
import { Limit, limitOf, pageOf } from "#/kernel/http/list-parameters";
import type { Kernel } from "#/kernel/kernel";
import { UUID } from "#/kernel/uuid";
import { type Account, signedIn } from "#/modules/accounts";
import { Events, Forms, showWebhook, Url, Webhook, WebhookWithSecret } from "./webhooks/endpoint-schemas";
import { findEndpoint, listEndpoints } from "./webhooks/find-endpoints";
import {
  addEndpoint,
  changeEndpoint,
  type Issued,
  removeEndpoint,
  rotateSecret,
} from "./webhooks/manage-endpoints";

const params = t.Object({
  id: t.String({ pattern: UUID, examples: ["0199f3c2-5b1e-7000-8000-0000000000c3"] }),
});
const actorOf = (account: Account, request: Request) => ({ id: account.id, origin: originOf(request) });

/** Where messages are sent as signed JSON. A webhook sends everything that visitors write to another host: devs only. */
export const webhooks = (kernel: Kernel) => {
  const cursors = createCursors<string>(kernel.config, "webhooks");
  const show = (endpoint: Issued["endpoint"]) => showWebhook(endpoint, kernel.now());
  const showIssued = ({ endpoint, secret }: Issued) => ({ ...show(endpoint), secret });

  return new Elysia({ name: "forms.webhooks", prefix: "/api/v1/admin/webhooks", tags: ["team"] })
    .use(signedIn(kernel, { role: "dev", devScope: true }))
    .use(jsonBody)
    .get(
      "",
      async ({ query: { limit: asked, after } }) => {
        const limit = limitOf(asked);
        const last = after === undefined ? {} : { after: cursors.read(after, {}) };
        const rows = await listEndpoints(kernel.db, { limit: limit + 1, ...last });
        const { items, next } = pageOf(rows, limit, ({ id }) => cursors.issue(id, {}));
        return { items: items.map(show), next };
      },
      {
        query: t.Object({
          limit: t.Optional(Limit),
          after: t.Optional(t.String({ maxLength: 512, description: "`next` of the page before" })),
        }),
        response: {
          200: t.Object({ items: t.Array(Webhook), next: t.Nullable(t.String()) }),
          422: ProblemError,
        },
        detail: { summary: "List webhooks", description: "Newest first, without their secrets." },
      },
    )
    .post(
      "",
      async ({ account, body, request, status }) =>
        status(201, showIssued(await addEndpoint(kernel, actorOf(account, request), body))),
      {
        body: t.Object({ url: Url, forms: Forms, events: Events }),
        response: { 201: WebhookWithSecret, 409: ProblemError, 422: ProblemError },
        detail: {
          summary: "Add a webhook",
          description:
            "Messages go there as JSON, signed as [Standard Webhooks](https://www.standardwebhooks.com) say: headers `webhook-id`, `webhook-timestamp` and `webhook-signature`. The secret is shown in this answer and never again. Answer with 2xx within 15 seconds; 410 disables the webhook, and so do five days without success.",
        },
      },
    )
    .get(
      "/:id",
      async ({ params: { id } }) => {
        const endpoint = await findEndpoint(kernel.db, id);
        if (!endpoint) throw notFound("webhook");
        return show(endpoint);
      },
      { params, response: { 200: Webhook }, detail: { summary: "Read a webhook" } },
    )
    .patch(
      "/:id",
      async ({ account, body, params: { id }, request }) =>
        show(await changeEndpoint(kernel, actorOf(account, request), id, body)),
      {
        params,
        body: t.Object({
          url: t.Optional(Url),
          forms: t.Optional(Forms),
          events: t.Optional(Events),
          disabled: t.Optional(
            t.Boolean({ description: "false enables it again, whyever it was disabled", examples: [false] }),
          ),
          version: t.Integer({
            minimum: 0,
            maximum: 2_147_483_647,
            description: "Of the webhook as it was read: another one is 409 `version_conflict`",
            examples: [0],
          }),
        }),
        response: { 200: Webhook, 409: ProblemError, 422: ProblemError },
        detail: { summary: "Change a webhook" },
      },
    )
    .delete(
      "/:id",
      async ({ account, params: { id }, request, status }) => {
        await removeEndpoint(kernel, actorOf(account, request), id);
        return status(204, undefined);
      },
      { params, response: { 204: t.Undefined() }, detail: { summary: "Remove a webhook" } },
    )
    .post(
      "/:id/secrets",
      async ({ account, params: { id }, request, status }) =>
        status(201, showIssued(await rotateSecret(kernel, actorOf(account, request), id))),
      {
        params,
        response: { 201: WebhookWithSecret },
        detail: {
          summary: "Give a webhook a new secret",
          description: "Shown in this answer and never again. The former one signs along for 24 hours.",
        },
      },
    );
};
