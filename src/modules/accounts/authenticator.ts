import { Secret, TOTP } from "otpauth";
import type { Config } from "#/kernel/config";
import { createSealer } from "#/kernel/seal";

const period = 30;
/** Steps before and after the present one that count too: clocks of phones drift. */
const drift = 1;

/** An authenticator app's codes: SHA-1, six digits, 30 seconds, which is what every app takes (RFC 6238). */
const totp = (secret: string, label = "", issuer = "") =>
  new TOTP({ secret: Secret.fromBase32(secret), algorithm: "SHA1", digits: 6, period, label, issuer });

/** 160 random bits in base32. */
export const newSecret = (): string => new Secret({ size: 20 }).base32;

/** What a QR code for the app holds. */
export const otpauthUri = (secret: string, label: string, issuer: string): string =>
  totp(secret, label, issuer).toString();

/** The time step that a code belongs to; undefined where it is none of the present ones. Compares in constant time. */
export function stepOf(secret: string, code: string, now: Date): number | undefined {
  if (!/^\d{6}$/.test(code)) return;
  const timestamp = now.getTime();
  const delta = totp(secret).validate({ token: code, timestamp, window: drift });
  return delta === null ? undefined : Math.floor(timestamp / 1000 / period) + delta;
}

/** Stored secrets, each sealed for the row of its account. */
export function factorSealer({ sealingKeys }: Pick<Config, "sealingKeys">) {
  const sealer = createSealer(sealingKeys);
  const place = (userId: number) => ["totp_factors", "secret", userId] as const;
  return {
    seal: (secret: string, userId: number) => Buffer.from(sealer.seal(secret, place(userId))),
    open: (sealed: Uint8Array, userId: number) => sealer.open(Buffer.from(sealed).toString(), place(userId)),
  };
}
