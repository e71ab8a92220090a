import { expect, test } from "bun:test";
import { asking, network } from "../support/ask";
import { createPerson, signIn, type Tokens } from "../support/people";
import { openWorld } from "../support/world";

const env = { REQUIRE_VERIFIED_EMAIL: "false", TRUSTED_PROXIES: "127.0.0.1", HASH_MAX_WAIT_MS: "60000" };
const world = await openWorld({ env });
const ask = asking(world);

world.describe("PATCH /api/v1/account/email, where nothing is confirmed", () => {
  test("changes at once, ends every session and mails nobody", async () => {
    const person = await createPerson(world, { email: "old@example.com", verified: false });
    const tokens = await signIn(world, person);

    const body = { email: "new@example.com", password: person.password };
    const changed = await ask("PATCH", "account/email", { as: tokens, body });
    const after = await ask("GET", "users/me", { as: tokens });

    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({ id: person.id, email: "new@example.com", verified: false });
    expect([after.status, after.code]).toEqual([401, "token_revoked"]);
    const { mails, jobs } = await world.traces();
    expect({ mails, jobs }).toEqual({ mails: [], jobs: [] });
  });

  test("says that an address is taken", async () => {
    const [person] = [await createPerson(world), await createPerson(world, { email: "owner@example.com" })];
    const tokens = await signIn(world, person);

    const body = { email: "OWNER@example.com", password: person.password };
    const refused = await ask("PATCH", "account/email", { as: tokens, body });

    expect([refused.status, refused.code]).toEqual([409, "email_taken"]);
    expect((await ask("GET", "users/me", { as: tokens })).status).toBe(200);
  });

  test("of 50 accounts that change to one address at once, one gets it", async () => {
    const people = await Promise.all(Array.from({ length: 50 }, () => createPerson(world)));
    const sessions: Tokens[] = [];
    for (const person of people) sessions.push(await signIn(world, person));

    const answers = await Promise.all(
      people.map(({ password }, at) =>
        ask("PATCH", "account/email", {
          as: sessions[at]!,
          body: { email: at % 2 ? "WANTED@example.com" : "wanted@example.com", password },
          from: network(at),
        }),
      ),
    );

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ code }) => code === "email_taken")).toHaveLength(49);
    const { tables } = await world.traces();
    expect(tables.users?.filter(({ email_key }) => email_key === "wanted@example.com")).toHaveLength(1);
  }, 120_000);
});
