import type { Delivery, Submission } from "../../queries";
import { receivedAt } from "../../received-at";
import type { WebhookEvent } from "./events";

/** Names the shape of the body; receivers go by it. */
const API_VERSION = "2026-11";

/**
 * What an endpoint is sent, as JSON. `timestamp` is when it happened and not when it is sent, so it is the same on every
 * attempt. Of a message that is erased the fields are empty.
 */
export function webhookBody(
  event: WebhookEvent,
  { createdAt }: Pick<Delivery, "createdAt">,
  { id, form, state, fields }: Pick<Submission, "id" | "form" | "state" | "fields">,
): string {
  return JSON.stringify({
    type: event,
    timestamp: createdAt.toISOString(),
    api_version: API_VERSION,
    data: { id, form, received_at: receivedAt(id).toISOString(), state, fields, files: [] },
  });
}
