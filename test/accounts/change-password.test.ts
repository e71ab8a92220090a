import { expect, test } from "bun:test";
import { asking } from "../support/ask";
import { mailedLink } from "../support/mailed-link";
import { createPerson, signIn } from "../support/people";
import { openWorld } from "../support/world";

const world = await openWorld({ env: { HASH_MAX_WAIT_MS: "60000" } });
const ask = asking(world);
const fresh = "a fresh long password";

const change = (as: { access_token: string }, current_password: string, new_password = fresh) =>
  ask("PATCH", "account/password", { as, body: { current_password, new_password } });

world.describe("PATCH /api/v1/account/password", () => {
  test("answers tokens of a new session and ends all others at once", async () => {
    const person = await createPerson(world);
    const [here, elsewhere] = [await signIn(world, person), await signIn(world, person)];

    const changed = await change(here, person.password);
    const old = await Promise.all(
      [here, elsewhere].flatMap((tokens) => [
        ask("GET", "users/me", { as: tokens }),
        ask("POST", "auth/refresh", { body: { refresh_token: tokens.refresh_token } }),
      ]),
    );
    const now = await ask("GET", "users/me", { as: changed.body });
    const renewed = await ask("POST", "auth/refresh", {
      body: { refresh_token: changed.body.refresh_token },
    });

    expect(changed.status).toBe(200);
    expect(changed.headers.get("cache-control")).toBe("no-store");
    expect(old.map(({ code }) => code)).toEqual([
      "token_revoked",
      "refresh_invalid",
      "token_revoked",
      "refresh_invalid",
    ]);
    expect([now.status, renewed.status]).toEqual([200, 200]);
    const login = (password: string) =>
      ask("POST", "auth/login", { body: { email: person.email, password } });
    expect((await login(person.password)).code).toBe("bad_credentials");
    expect((await login(fresh)).status).toBe(200);
  });

  test("leaves an audit event without either password, and tells the owner", async () => {
    const person = await createPerson(world);
    await change(await signIn(world, person), person.password);
    await world.settled();

    const { tables, mails } = await world.traces();

    expect(tables.audit_events?.map(({ event }) => event)).toEqual([
      "session.opened",
      "account.password_changed",
    ]);
    expect(mails).toEqual([{ to: [person.email], subject: "Your password was changed" }]);
    const kept = JSON.stringify([tables, world.log]);
    expect(kept).not.toContain(fresh);
    expect(kept).not.toContain(person.password);
  });

  test("ends the links that whoever knew the old one may have asked for", async () => {
    const person = await createPerson(world, { email: "owner@example.com" });
    const tokens = await signIn(world, person);
    await ask("PATCH", "account/email", {
      as: tokens,
      body: { email: "thief@example.com", password: person.password },
    });
    const address = await mailedLink(world, "Confirm your new e-mail address");
    const reset = await mailedLink(world, "Your e-mail address is about to change");

    await change(tokens, person.password);
    const confirmed = await ask("POST", "auth/email/confirm", { body: { token: address.token } });
    const body = { token: reset.token, password: "the password of a thief" };
    const set = await ask("POST", "auth/password/reset", { body });

    expect([confirmed.status, set.status]).toEqual([400, 400]);
    expect((await world.traces()).tables.users).toMatchObject([{ email: "owner@example.com" }]);
  });

  test("of 10 that change it at once from the same password, one does", async () => {
    const person = await createPerson(world);
    const tokens = await signIn(world, person);

    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, at) => change(tokens, person.password, `${fresh} ${at}`)),
    );

    expect(answers.filter(({ code }) => code === "token_revoked")).toHaveLength(9);
    const won = answers.flatMap(({ status }, at) => (status === 200 ? [at] : []));
    expect(won).toHaveLength(1);
    expect(answers[won[0]!]?.body.access_token).toBeString();
    expect((await ask("GET", "users/me", { as: answers[won[0]!]!.body })).status).toBe(200);
  }, 60_000);

  test.each([
    ["a wrong one", "not the password", fresh, 403, "wrong_password", []],
    ["a short one", undefined, "short", 422, "invalid", ["new_password"]],
    ["a common one", undefined, "password1", 422, "invalid", ["new_password"]],
    ["the own address", undefined, "person@example.com", 422, "invalid", ["new_password"]],
  ])("refuses %s and changes nothing", async (_, current, next, status, code, fields) => {
    const person = await createPerson(world, { email: "person@example.com" });
    const tokens = await signIn(world, person);
    const before = await world.traces();

    const refused = await change(tokens, current ?? person.password, next);

    expect([refused.status, refused.code, refused.fields]).toEqual([status, code, fields]);
    expect(await world.traces()).toEqual(before);
  });
});
