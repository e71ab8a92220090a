import { Secret, TOTP } from "otpauth";
import type { asking } from "./ask";
import type { Tokens } from "./people";

/** The code an app shows, `steps` of 30 seconds from now. */
export const codeOf = (secret: string, steps = 0): string =>
  new TOTP({ secret: Secret.fromBase32(secret), digits: 6, period: 30 }).generate({
    timestamp: Date.now() + steps * 30_000,
  });

/** A code of six digits that no step near now has. */
export function wrongCode(secret: string): string {
  const near = new Set(Array.from({ length: 9 }, (_, at) => codeOf(secret, at - 4)));
  let code = 0;
  while (near.has(String(code).padStart(6, "0"))) code++;
  return String(code).padStart(6, "0");
}

/** Enrols an app with the code of the step before this one, so that this one's and the next are still good. */
export async function enrol(
  ask: ReturnType<typeof asking>,
  as: Pick<Tokens, "access_token">,
  password: string,
): Promise<{ secret: string; recoveryCodes: string[] }> {
  const begun = await ask("POST", "account/totp", { as, body: { password } });
  const secret = String(begun.body.secret);
  const confirmed = await ask("POST", "account/totp/confirm", { as, body: { code: codeOf(secret, -1) } });
  if (confirmed.status !== 200) throw new Error(`Enrolling answers ${confirmed.status} ${confirmed.code}`);
  return { secret, recoveryCodes: confirmed.body.recovery_codes };
}
