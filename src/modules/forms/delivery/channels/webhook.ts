import { classify } from "#/kernel/http-client";
import { quoteAnswer } from "#/kernel/http-client/quote-answer";
import type { Kernel } from "#/kernel/kernel";
import { readTarget, targetOf } from "../webhooks/events";
import { findEndpoint, findListeners, isFor, type WebhookEndpoint } from "../webhooks/find-endpoints";
import { webhookSecrets } from "../webhooks/secrets";
import { signWebhook } from "../webhooks/sign-webhook";
import { watchEndpoint } from "../webhooks/watch-endpoint";
import { webhookBody } from "../webhooks/webhook-body";
import type { Attempt, ChannelSender, Sent } from "./channel";

const EVENT = "submission.received";
/** Milliseconds, to the end of the answer; bytes of it that are read, of which a kilobyte is kept. */
const TOTAL_MS = 15_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** To every endpoint that listens to the form, as signed JSON (Standard Webhooks); canaries stay in the house. */
export const webhook: ChannelSender = {
  channel: "webhook",
  tells: "inbox",

  async plan(_kernel, tx, judged) {
    const listeners = await findListeners(tx, EVENT);
    return judged
      .filter(({ submission }) => submission.kind !== "canary")
      .flatMap(({ submission: { id, form } }) =>
        listeners
          .filter((endpoint) => isFor(endpoint, form))
          .map((endpoint) => ({
            submissionId: id,
            target: targetOf(endpoint.id, EVENT),
            fate: endpoint.disabledAt === null ? ("ready" as const) : ("skipped" as const),
          })),
      );
  },

  async send(attempt) {
    const { kernel, delivery } = attempt;
    const endpoint = await findEndpoint(kernel.db, readTarget(delivery.target).endpointId);
    if (!endpoint) return refused("endpoint_removed", "This endpoint is no longer there");
    if (endpoint.disabledAt !== null) return refused("endpoint_disabled", "This endpoint is disabled");
    const secrets = webhookSecrets(kernel.config).open(endpoint.id, endpoint.secrets, kernel.now());
    if (secrets.length === 0)
      return refused("secret_unreadable", "The key that sealed its secret is gone: rotate the secret");

    const sent = await post(attempt, endpoint, secrets);
    const outcome = outcomeOf(sent);
    if (outcome) await watchEndpoint(kernel, endpoint, outcome);
    return outlives(delivery) ? withoutAnswer(sent) : sent;
  },

  outlives,
};

function outlives({ target }: { target: string }): boolean {
  return readTarget(target).event === "submission.erased";
}

/** Who is told of an erasure may still name the visitor. */
const withoutAnswer = (sent: Sent): Sent =>
  sent.kind === "ok" ? { kind: "ok", value: sent.value } : { ...sent, why: { ...sent.why, text: "" } };

async function post(
  { kernel, delivery, submission }: Attempt,
  endpoint: WebhookEndpoint,
  secrets: readonly string[],
): Promise<Sent> {
  const { event } = readTarget(delivery.target);
  const body = webhookBody(event, delivery, submission);
  const now = kernel.now();
  const answer = await kernel.http.call({
    integration: "webhook",
    operation: "deliver",
    method: "POST",
    url: endpoint.url,
    target: "public",
    headers: {
      "content-type": "application/json",
      ...signWebhook(secrets, { id: delivery.id, at: now, body }),
    },
    body,
    firstByteMs: TOTAL_MS,
    totalMs: TOTAL_MS,
    maxBytes: MAX_ANSWER_BYTES,
    breaker: `webhook ${endpoint.id}`,
  });
  return toSent(kernel, delivery.id, answer, [...secrets, endpoint.url]);
}

/** Whoever takes it knows its id, so an attempt whose answer was lost is repeated like any other. */
function toSent(
  { now }: Pick<Kernel, "now">,
  id: string,
  answer: Parameters<typeof classify>[0],
  secrets: readonly string[],
): Sent {
  const result = classify(answer, {
    idempotent: true,
    credentials: false,
    secrets,
    expect: "any",
    now: now(),
  });
  if (result.kind === "ok") {
    const said = `HTTP ${result.status} ${quoteAnswer(result.body, secrets)}`.trim();
    return { kind: "ok", value: { messageId: id }, remoteId: said };
  }
  // Two requests met there: it does not say that a later one is refused too.
  if (result.kind === "refused" && result.why.status === 409) return { kind: "retry", why: result.why };
  return result;
}

/** What an attempt says of the endpoint; nothing where it was not called. */
function outcomeOf(sent: Sent): Parameters<typeof watchEndpoint>[2] | undefined {
  if (sent.kind === "ok") return "arrived";
  if (sent.kind === "parked") return undefined;
  return sent.why.status === 410 ? "gone" : "failed";
}

const refused = (code: string, text: string): Sent => ({ kind: "refused", why: { code, text } });
