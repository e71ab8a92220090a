import { createHmac } from "node:crypto";

/**
 * The headers of Standard Webhooks 1.0: HMAC-SHA256 of `id.timestamp.body` with each secret (`whsec_` and base64), newest
 * first, so that a receiver who knows any of them can verify. `at` is the moment of the attempt; the id stays the same on every one.
 */
export function signWebhook(
  secrets: readonly string[],
  { id, at, body }: { id: string; at: Date; body: string },
): Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}
