import { t } from "elysia";
import { oneOf } from "#/kernel/http/one-of";
import { webhookEvents } from "./events";
import type { WebhookEndpoint } from "./find-endpoints";
import { rotatesUntil } from "./secrets";

const Moment = t.String({ examples: ["2026-11-21T09:30:00.000Z"] });

export const Url = t.String({
  minLength: 1,
  maxLength: 2048,
  description: "https, without user name and password, of a public host",
  examples: ["https://hooks.example.com/gatehouse"],
});
export const Forms = t.Array(t.String({ pattern: "^[a-z0-9][a-z0-9_-]{0,63}$", examples: ["contact"] }), {
  maxItems: 200,
  description: "Names of forms; none: all of them",
});
export const Events = t.Array(oneOf([...webhookEvents], { examples: ["submission.received"] }), {
  minItems: 1,
  maxItems: 10,
});

export const Webhook = t.Object({
  id: t.String({ examples: ["0199f3c2-5b1e-7000-8000-0000000000c3"] }),
  url: t.String({ examples: ["https://hooks.example.com/gatehouse"] }),
  forms: t.Array(t.String({ examples: ["contact"] })),
  events: t.Array(t.String({ examples: ["submission.received"] })),
  disabled_at: t.Nullable(Moment),
  disabled_why: t.Nullable(
    t.String({
      description:
        "`by_hand`, `gone` (it answered 410) or `failing` (nothing has arrived there for five days)",
      examples: ["failing"],
    }),
  ),
  failing_since: t.Nullable(Moment),
  rotating_until: t.Nullable(t.String({ description: "Until when a former secret signs along" })),
  version: t.Integer({ examples: [0] }),
  created_at: Moment,
});

export const WebhookWithSecret = t.Composite([
  Webhook,
  t.Object({
    secret: t.String({
      description: "Shown this once",
      examples: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwhM8u0Y5Zr1k="],
    }),
  }),
]);

export function showWebhook(endpoint: WebhookEndpoint, now: Date): typeof Webhook.static {
  const { id, url, forms, events, disabledAt, disabledWhy, failingSince, secrets, version } = endpoint;
  return {
    id,
    url,
    forms,
    events,
    disabled_at: disabledAt?.toISOString() ?? null,
    disabled_why: disabledWhy,
    failing_since: failingSince?.toISOString() ?? null,
    rotating_until: rotatesUntil(secrets, now) ?? null,
    version,
    created_at: endpoint.createdAt.toISOString(),
  };
}
