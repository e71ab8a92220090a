import { createPublicKey, type KeyObject, verify } from "node:crypto";

/** Seconds between SendGrid's clock and ours; an event that was caught cannot be sent again later. */
const tolerance = 300;

/** SubjectPublicKeyInfo in base64, as SENDGRID_WEBHOOK_KEY holds it. */
export const readWebhookKey = (base64: string): KeyObject =>
  createPublicKey({ key: Buffer.from(base64, "base64"), format: "der", type: "spki" });

/**
 * Whether SendGrid sent this body: ECDSA on P-256 with SHA-256 over the timestamp as it was written and the bytes as
 * they came, the signature as DER in base64 (Twilio, "Event Webhook Security Features").
 */
export function isSignedBySendgrid(key: KeyObject, headers: Headers, body: Uint8Array, now: Date): boolean {
  const timestamp = headers.get("x-twilio-email-event-webhook-timestamp") ?? "";
  const signature = headers.get("x-twilio-email-event-webhook-signature") ?? "";
  if (!/^\d{1,12}$/.test(timestamp) || signature === "" || signature.length > 200) return false;
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > tolerance) return false;
  try {
    return verify(
      "sha256",
      Buffer.concat([Buffer.from(timestamp), body]),
      key,
      Buffer.from(signature, "base64"),
    );
  } catch {
    return false;
  }
}
