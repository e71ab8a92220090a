/** What a webhook tells of a message: it is in the inbox, its sender has confirmed the address, it is erased. */
export const webhookEvents = ["submission.received", "submission.confirmed", "submission.erased"] as const;
export type WebhookEvent = (typeof webhookEvents)[number];

/**
 * An endpoint as the `target` of a delivery: its id, and the event behind it unless the message itself is sent. So an
 * endpoint hears of each event of a message once.
 */
export const targetOf = (endpointId: string, event: WebhookEvent): string =>
  event === "submission.received" ? endpointId : `${endpointId} ${event}`;

export function readTarget(target: string): { endpointId: string; event: WebhookEvent } {
  const [endpointId = "", event] = target.split(" ");
  return { endpointId, event: webhookEvents.find((one) => one === event) ?? "submission.received" };
}
