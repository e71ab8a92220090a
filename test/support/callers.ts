import type { Kernel } from "#/kernel/kernel";
import { createAccessTokens } from "#/modules/accounts/access-tokens";
import { openSession } from "#/modules/accounts/open-session";
import type { Role, Scope } from "#/modules/accounts/tables";
import type { Caller } from "./access";
import { createPerson, type Person } from "./people";

/** Somebody with an open session and its tokens. */
export type SignedIn = Person & { sessionId: number; accessToken: string; refreshToken: string };

type Sketch = { role?: Role; scope?: Scope; verified?: boolean };

/** Adds an account and opens a session for it, past the sign-in. */
export async function signInDirectly(
  { kernel }: { kernel: Pick<Kernel, "config" | "db"> },
  { scope = "user", ...sketch }: Sketch = {},
): Promise<SignedIn> {
  const person = await createPerson({ kernel }, sketch);
  const { sessionId, refreshToken } = await openSession(kernel.db, kernel.config, {
    userId: person.id,
    scope,
    amr: scope === "dev" ? ["pwd", "otp"] : ["pwd"],
    client: { key: "127.0.0.1", agent: "test" },
  });
  const accessToken = await createAccessTokens(kernel.config).sign({
    userId: person.id,
    version: 0,
    sessionId,
    scope,
  });
  return { ...person, sessionId, accessToken, refreshToken };
}

const sketches: Record<Exclude<Caller, "anonymous">, Sketch> = {
  unverified: { verified: false },
  other: {},
  owner: {},
  editor: { role: "editor" },
  devAsUser: { role: "dev" },
  dev: { role: "dev", scope: "dev" },
  enrolling: { role: "dev", scope: "enrol" },
};
export type Cast = Record<Exclude<Caller, "anonymous">, SignedIn>;

/** One of each, new. */
export async function newCast(world: { kernel: Pick<Kernel, "config" | "db"> }): Promise<Cast> {
  const people: [string, SignedIn][] = [];
  for (const [name, sketch] of Object.entries(sketches))
    people.push([name, await signInDirectly(world, sketch)]);
  return Object.fromEntries(people) as Cast;
}

/** The header of a caller; none for nobody. */
export const tokenOf = (cast: Cast, caller: Caller): Record<string, string> =>
  caller === "anonymous" ? {} : { authorization: `Bearer ${cast[caller].accessToken}` };
