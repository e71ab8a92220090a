import { and, eq, isNull, sql } from "drizzle-orm";
import { audit } from "#/kernel/audit";
import type { Kernel } from "#/kernel/kernel";
import { webhookEndpoints } from "../tables";
import { clearFailing, noteFailing, type WebhookEndpoint } from "./find-endpoints";

/** An endpoint that has taken nothing for so long is given up, in milliseconds. */
const FAILING_MS = 5 * 24 * 60 * 60_000;

type Watcher = Pick<Kernel, "alerts" | "db" | "now">;

/** After an attempt: `arrived`, `gone` (it asked not to be called again, 410), or `failed`. */
export async function watchEndpoint(
  kernel: Watcher,
  endpoint: WebhookEndpoint,
  outcome: "arrived" | "gone" | "failed",
): Promise<void> {
  if (outcome === "arrived") {
    if (endpoint.failingSince !== null) await clearFailing(kernel.db, endpoint.id);
    return;
  }
  if (outcome === "gone") return disable(kernel, endpoint, "gone");
  const now = kernel.now();
  const since = await noteFailing(kernel.db, endpoint.id, now);
  if (since && now.getTime() - since.getTime() >= FAILING_MS) await disable(kernel, endpoint, "failing");
}

const reasons = {
  gone: "It answered 410, which asks not to be called again.",
  failing: "Nothing has arrived there for five days.",
};

/** Once, however many attempts find out at one time. The host alone is named: the path of an address may be a secret. */
async function disable(
  { alerts, db, now }: Watcher,
  { id, url }: WebhookEndpoint,
  why: "gone" | "failing",
): Promise<void> {
  const wasOn = await db.transaction(async (tx) => {
    const changed = await tx
      .update(webhookEndpoints)
      .set({
        disabledAt: now(),
        disabledWhy: why,
        version: sql`${webhookEndpoints.version} + 1`,
        updatedAt: now(),
      })
      .where(and(eq(webhookEndpoints.id, id), isNull(webhookEndpoints.disabledAt)))
      .returning({ id: webhookEndpoints.id });
    if (changed.length === 0) return false;
    await audit(tx, {
      event: "webhook.disabled",
      actor: null,
      subject: { type: "webhook", id },
      data: { why },
    });
    return true;
  });
  if (!wasOn) return;
  await alerts.raise({
    cause: `webhook_disabled:${id}`,
    title: `The webhook to ${new URL(url).hostname} was disabled`,
    text: `${reasons[why]} Messages for it are kept as deliveries that can be sent again once it is enabled.`,
  });
}
