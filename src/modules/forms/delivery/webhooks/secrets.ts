import { randomBytes } from "node:crypto";
import type { Config } from "#/kernel/config";
import { createSealer } from "#/kernel/seal";
import type { WebhookEndpoint } from "./find-endpoints";

type StoredSecret = WebhookEndpoint["secrets"][number];

/** For how long a former secret goes on signing beside the new one, in milliseconds. */
const ROTATION_MS = 24 * 60 * 60_000;
/** Whoever rotates again and again within a day gets no longer headers. */
const MOST_SECRETS = 4;
const PREFIX = "whsec_";

/** The secrets of endpoints, each sealed for the row it stands in. */
export function webhookSecrets({ sealingKeys }: Pick<Config, "sealingKeys">) {
  const sealer = createSealer(sealingKeys);
  const place = (endpointId: string) => ["webhook_endpoints", "secrets", endpointId] as const;
  return {
    /**
     * A new secret, as Standard Webhooks writes it: `whsec_` and 32 random bytes in base64. `stored` has it in front;
     * the one before it signs along for a day, those before that until their own day is over.
     */
    issue(endpointId: string, former: readonly StoredSecret[], now: Date) {
      const secret = PREFIX + randomBytes(32).toString("base64");
      const until = new Date(now.getTime() + ROTATION_MS).toISOString();
      const kept = validAt(former, now).map((one) => ({ ...one, until: one.until ?? until }));
      const stored = [{ sealed: sealer.seal(secret, place(endpointId)) }, ...kept].slice(0, MOST_SECRETS);
      return { secret, stored };
    },
    /** Those that sign now, the newest first; none where they were sealed with a key that is gone. */
    open: (endpointId: string, stored: readonly StoredSecret[], now: Date): string[] =>
      validAt(stored, now).flatMap(({ sealed }) => sealer.open(sealed, place(endpointId)) ?? []),
  };
}

/** Until when a former secret signs along; undefined while there is none. */
export const rotatesUntil = (stored: readonly StoredSecret[], now: Date): string | undefined =>
  validAt(stored, now).find(({ until }) => until !== undefined)?.until;

const validAt = (stored: readonly StoredSecret[], now: Date): StoredSecret[] =>
  stored.filter(({ until }) => until === undefined || Date.parse(until) > now.getTime());
