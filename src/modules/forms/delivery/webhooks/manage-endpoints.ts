import { eq, sql } from "drizzle-orm";
import { audit, type Origin } from "#/kernel/audit";
import type { Db } from "#/kernel/db";
import { AppError, conflict, notFound } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { formsOf } from "../../catalogue/forms-registry";
import { webhookEndpoints } from "../tables";
import { checkUrl } from "./check-url";
import type { WebhookEvent } from "./events";
import { MOST_ENDPOINTS, type WebhookEndpoint } from "./find-endpoints";
import { webhookSecrets } from "./secrets";

/** Who of the team acts, and from where. */
type Actor = { id: number; origin: Origin };
type Manager = Pick<Kernel, "config" | "db" | "now">;
/** An endpoint with its newest secret, which is not shown again. */
export type Issued = { endpoint: WebhookEndpoint; secret: string };
type Wishes = { url: string; forms: readonly string[]; events: readonly WebhookEvent[] };

/** Adds an endpoint. Refuses with 409 `too_many_webhooks`, and 422 for its address and for forms that are not there. */
export function addEndpoint(
  { config, db, now }: Manager,
  actor: Actor,
  { url, forms, events }: Wishes,
): Promise<Issued> {
  const id = Bun.randomUUIDv7();
  const { secret, stored } = webhookSecrets(config).issue(id, [], now());
  const row = {
    id,
    url: checkUrl(url),
    forms: checkForms(db, forms),
    events: unique(events),
    secrets: stored,
  };
  return db.transaction(async (tx) => {
    if ((await tx.$count(webhookEndpoints)) >= MOST_ENDPOINTS)
      throw conflict("too_many_webhooks", `There are ${MOST_ENDPOINTS} webhooks, and no more are taken`);
    const [endpoint] = await tx.insert(webhookEndpoints).values(row).returning();
    await record(tx, actor, "webhook.created", id, { after: toTold(endpoint!) });
    return { endpoint: endpoint!, secret };
  });
}

/**
 * Changes what is given; `disabled: false` enables it again with a clean slate. Refuses with 404, 409
 * `version_conflict`, and 422 as `addEndpoint`.
 */
export function changeEndpoint(
  { db, now }: Manager,
  actor: Actor,
  id: string,
  { version, url, forms, events, disabled }: Partial<Wishes> & { disabled?: boolean; version: number },
): Promise<WebhookEndpoint> {
  const changes = {
    ...(url !== undefined && { url: checkUrl(url) }),
    ...(forms !== undefined && { forms: checkForms(db, forms) }),
    ...(events !== undefined && { events: unique(events) }),
  };
  return db.transaction(async (tx) => {
    const before = await lockEndpoint(tx, id);
    if (before.version !== version)
      throw conflict("version_conflict", "Somebody changed this webhook meanwhile: read it again");
    const isOn = before.disabledAt === null;
    const switched =
      disabled === true && isOn
        ? { disabledAt: now(), disabledWhy: "by_hand" }
        : disabled === false && !isOn
          ? { disabledAt: null, disabledWhy: null, failingSince: null }
          : {};
    const after = await change(tx, id, { ...changes, ...switched });
    await record(tx, actor, "webhook.changed", id, { before: toTold(before), after: toTold(after) });
    return after;
  });
}

/** Gives it a new secret; the former one signs along for a day. Refuses with 404. */
export function rotateSecret({ config, db, now }: Manager, actor: Actor, id: string): Promise<Issued> {
  return db.transaction(async (tx) => {
    const before = await lockEndpoint(tx, id);
    const { secret, stored } = webhookSecrets(config).issue(id, before.secrets, now());
    const endpoint = await change(tx, id, { secrets: stored });
    await record(tx, actor, "webhook.secret_rotated", id, {});
    return { endpoint, secret };
  });
}

/** Removes it: its deliveries stay as they are, and those to come are refused. Refuses with 404. */
export function removeEndpoint({ db }: Manager, actor: Actor, id: string): Promise<void> {
  return db.transaction(async (tx) => {
    const before = await lockEndpoint(tx, id);
    await tx.delete(webhookEndpoints).where(eq(webhookEndpoints.id, id));
    await record(tx, actor, "webhook.removed", id, { before: toTold(before) });
  });
}

async function lockEndpoint(tx: Db, id: string): Promise<WebhookEndpoint> {
  const [row] = await tx.select().from(webhookEndpoints).where(eq(webhookEndpoints.id, id)).for("update");
  if (!row) throw notFound("webhook");
  return row;
}

async function change(
  tx: Db,
  id: string,
  changes: Partial<typeof webhookEndpoints.$inferInsert>,
): Promise<WebhookEndpoint> {
  const [row] = await tx
    .update(webhookEndpoints)
    .set({ ...changes, version: sql`${webhookEndpoints.version} + 1`, updatedAt: sql`now()` })
    .where(eq(webhookEndpoints.id, id))
    .returning();
  return row!;
}

/** A form that is not there would never send anything, and nobody would notice. */
function checkForms(db: Db, forms: readonly string[]): string[] {
  const known = formsOf({ db });
  const unknown = forms.findIndex((form) => !known.find(form));
  if (unknown === -1) return unique(forms);
  throw new AppError(422, "invalid", "Some fields need attention", {
    errors: [{ field: `forms.${unknown}`, code: "unknown_form", detail: "There is no such form" }],
  });
}

const unique = <T>(list: readonly T[]): T[] => [...new Set(list)];

/** For the audit. Of the address the host alone: path and query are often a secret of the receiver. */
const toTold = ({ url, forms, events, disabledWhy }: WebhookEndpoint) => ({
  host: new URL(url).host,
  forms,
  events,
  disabled: disabledWhy,
});

const record = (
  tx: Db,
  { id: actor, origin }: Actor,
  event: string,
  id: string,
  data: Partial<Record<"before" | "after", ReturnType<typeof toTold>>>,
) => audit(tx, { event, actor, subject: { type: "webhook", id }, data, origin });
