import { expect, test } from "bun:test";
import { asking } from "../support/ask";
import { createPerson, type Person, signIn } from "../support/people";
import { openWorld } from "../support/world";

const world = await openWorld();
const ask = asking(world);
const run = (statement: string) => world.kernel.database.executeSql(statement);
const password = "correct horse battery staple";

/** One account of every kind that an address can have, each with the address `<kind>@example.com`. */
const kinds = ["known", "unconfirmed", "disabled", "editor", "bcrypt", "github", "imported-broken"] as const;

async function oneOfEachKind(): Promise<void> {
  for (const kind of kinds)
    await createPerson(world, {
      email: `${kind}@example.com`,
      username: kind,
      password,
      verified: kind !== "unconfirmed",
      disabled: kind === "disabled",
      ...(kind === "editor" && { role: "editor" as const }),
    });
  const bcrypt = await Bun.password.hash(password, { algorithm: "bcrypt", cost: 4 });
  await run(`update gatehouse.users set password_hash = '${bcrypt}' where username = 'bcrypt'`);
  await run("update gatehouse.users set password_hash = null where username = 'github'");
  await run("update gatehouse.users set password_hash = '$2y$broken' where username = 'imported-broken'");
}

/** All that a caller can compare: not the id of the request, nor the address that was sent. */
async function look(path: string, email: string, body: object, as?: { access_token: string }) {
  const method = as ? "PATCH" : "POST";
  const answer = await ask(method, path, { body: { email, ...body }, ...(as && { as }) });
  const { request_id: _, ...said } = answer.body;
  return {
    status: answer.status,
    members: Object.keys(answer.body),
    said: JSON.stringify(said).replaceAll(email, "<email>"),
    headers: [...answer.headers.keys()],
    values: [...answer.headers].filter(
      ([name]) => !["x-request-id", "date", "content-length"].includes(name),
    ),
  };
}

const doors: [path: string, body: object][] = [
  ["auth/login", { password: "not the password" }],
  ["auth/register", { password: "a new long password", full_name: "Ada" }],
  ["auth/verify/resend", {}],
  ["auth/password/forgot", {}],
];

world.describe("what a stranger is answered", () => {
  test.each(doors)("%s says the same for every kind of account and for none", async (path, body) => {
    await oneOfEachKind();
    const unknown = await look(path, "nobody@example.com", body);

    for (const kind of kinds)
      expect({ kind, ...(await look(path, `${kind}@example.com`, body)) }).toEqual({ kind, ...unknown });
    await world.settled();
  });

  test("a change of address says the same for every kind of account and for none", async () => {
    await oneOfEachKind();
    const person: Person = await createPerson(world);
    const as = await signIn(world, person);
    const body = { password: person.password };
    const unknown = await look("account/email", "nobody@example.com", body, as);

    expect(unknown.status).toBe(202);
    for (const kind of kinds)
      expect({ kind, ...(await look("account/email", `${kind}@example.com`, body, as)) }).toEqual({
        kind,
        ...unknown,
      });
  });

  test("a sign-in after registering somebody else's address tells nothing, on either surface", async () => {
    await oneOfEachKind();
    const mine = "a password of a stranger";
    const seen = [];
    for (const name of ["known", "unconfirmed", "disabled", "nobody"]) {
      const email = `${name}@example.com`;
      await ask("POST", "auth/register", { body: { email, password: mine } });
      const portal = await look("auth/login", email, { password: mine });
      const publishing = await world.post("/v1/accounts/login", { email, password: mine });
      seen.push({ portal, publishing: [publishing.status, await publishing.text()] });
    }

    for (const one of seen) expect(one).toEqual(seen[0] as never);
    expect(seen[0]?.portal.status).toBe(401);
  });

  test("an unconfirmed and a disabled account are told from none by the right password alone", async () => {
    await oneOfEachKind();
    const unknown = await look("auth/login", "nobody@example.com", { password });

    expect(await look("auth/login", "unconfirmed@example.com", { password })).toEqual(unknown);
    expect((await look("auth/login", "disabled@example.com", { password })).status).toBe(403);
  });
});
