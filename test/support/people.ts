import type { Kernel } from "#/kernel/kernel";
import { emailKey } from "#/modules/accounts/identity-keys";
import { type RegisteredVia, type Role, users } from "#/modules/accounts/tables";
import type { World } from "./world";

/** Somebody with an account. */
export type Person = { id: number; email: string; username: string; password: string; role: Role };

type Sketch = {
  email?: string;
  username?: string;
  role?: Role;
  /** Default: true. */
  verified?: boolean;
  disabled?: boolean;
  password?: string;
  /** Default: portal. */
  registeredVia?: RegisteredVia;
};

export type Tokens = { access_token: string; refresh_token: string; expires_in: number; scope: string };

let people = 0;
const hashes = new Map<string, Promise<string>>();

/** The parameters the service uses, so that no sign-in stores a better one; each password is hashed once. */
function hashOf(password: string): Promise<string> {
  const known = hashes.get(password);
  if (known) return known;
  const hash = Bun.password.hash(password, { algorithm: "argon2id", memoryCost: 19_456, timeCost: 2 });
  hashes.set(password, hash);
  return hash;
}

/** Adds an account to the database, past every registration. */
export async function createPerson(
  { kernel }: { kernel: Pick<Kernel, "db"> },
  {
    role = "user",
    password = "correct horse battery staple",
    verified = true,
    disabled = false,
    registeredVia = "portal",
    ...given
  }: Sketch = {},
): Promise<Person> {
  people += 1;
  const { email = `person-${people}@example.com`, username = `person-${people}` } = given;
  const [row] = await kernel.db
    .insert(users)
    .values({
      email,
      emailKey: emailKey(email) ?? email,
      username,
      usernameKey: username.toLowerCase(),
      passwordHash: await hashOf(password),
      role,
      registeredVia,
      ...(verified && { verifiedAt: new Date() }),
      ...(disabled && { disabledAt: new Date() }),
    })
    .returning({ id: users.id });
  if (!row) throw new Error("The account was not added");
  return { id: row.id, email, username, password, role };
}

type How = { scope?: "user" | "dev"; otp?: string };

/** Signs in through the portal's route; throws unless that answers 200. */
export async function signIn(
  world: Pick<World, "post">,
  { email, password }: Pick<Person, "email" | "password">,
  how: How = {},
): Promise<Tokens> {
  const answer = await world.post("/api/v1/auth/login", { email, password, ...how });
  if (answer.status !== 200) throw new Error(`The sign-in answers ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Tokens;
}

/** The headers of a request with an access token. */
export const bearer = ({ access_token }: Pick<Tokens, "access_token">) => ({
  authorization: `Bearer ${access_token}`,
});
