import { expect, test } from "bun:test";
import { asking, network } from "../support/ask";
import { mailedLink } from "../support/mailed-link";
import { createPerson, signIn } from "../support/people";
import { openWorld } from "../support/world";

const world = await openWorld({ env: { TRUSTED_PROXIES: "127.0.0.1", HASH_MAX_WAIT_MS: "60000" } });
const ask = asking(world);

const change = (as: { access_token: string }, email: string, password: string, from?: string) =>
  ask("PATCH", "account/email", { as, body: { email, password }, ...(from && { from }) });
const confirm = (token: string) => ask("POST", "auth/email/confirm", { body: { token } });

world.describe("PATCH /api/v1/account/email, where addresses are confirmed", () => {
  test("changes nothing until the link in the new mailbox is followed, which ends every session", async () => {
    const person = await createPerson(world, { email: "old@example.com" });
    const tokens = await signIn(world, person);

    const asked = await change(tokens, " New@Example.com ", person.password);
    const meanwhile = await ask("GET", "users/me", { as: tokens });
    const { token, to } = await mailedLink(world, "Confirm your new e-mail address");
    const confirmed = await confirm(token);
    const again = await confirm(token);
    const after = await ask("GET", "users/me", { as: tokens });

    expect([asked.status, asked.body]).toEqual([202, { status: "pending", email: " New@Example.com " }]);
    expect(meanwhile.body.email).toBe("old@example.com");
    expect(to).toEqual(["New@example.com"]);
    expect([confirmed.status, confirmed.body]).toEqual([200, { status: "ok" }]);
    expect([again.status, again.code]).toEqual([400, "link_used"]);
    expect([after.status, after.code]).toEqual([401, "token_revoked"]);
    const { tables } = await world.traces();
    expect(tables.users).toMatchObject([{ email: "New@Example.com", email_key: "new@example.com" }]);
    expect(tables.sessions?.map(({ revoked_why }) => revoked_why)).toEqual(["email_changed"]);
    const events = tables.audit_events?.map(({ event }) => event);
    expect(events).toEqual(["session.opened", "account.email_change_requested", "account.email_changed"]);
    expect(JSON.stringify(tables.audit_events)).not.toContain("example.com");
    await signIn(world, { email: "new@example.com", password: person.password });
  });

  test("tells the old address, whose link takes the account back", async () => {
    const person = await createPerson(world, { email: "old@example.com" });
    await change(await signIn(world, person), "thief@example.com", person.password);
    const taken = await mailedLink(world, "Confirm your new e-mail address");
    const { token, to } = await mailedLink(world, "Your e-mail address is about to change");

    const body = { token, password: "another long password" };
    const reset = await ask("POST", "auth/password/reset", { body });
    const thief = await confirm(taken.token);

    expect(to).toEqual(["old@example.com"]);
    expect(reset.status).toBe(200);
    expect([thief.status, thief.code]).toEqual([400, "link_invalid"]);
    await signIn(world, { email: "old@example.com", password: "another long password" });
  });

  test("answers the same for an address with an account, and tells its owner", async () => {
    const person = await createPerson(world);
    const owner = await createPerson(world, { email: "owner@example.com" });
    const tokens = await signIn(world, person);

    const known = await change(tokens, "owner@example.com", person.password);
    const unknown = await change(tokens, "nobody@example.com", person.password);
    await world.settled();

    expect(known.status).toBe(unknown.status);
    expect(Object.keys(known.body)).toEqual(Object.keys(unknown.body));
    expect([...known.headers.keys()]).toEqual([...unknown.headers.keys()]);
    const to = (subject: string) =>
      world.mails
        .filter(({ headers }) => headers.get("subject")?.[0] === subject)
        .map((mail) => mail.envelope.to);
    expect(to("Somebody tried to use your e-mail address")).toEqual([[owner.email]]);
    expect(to("Confirm your new e-mail address")).toEqual([["nobody@example.com"]]);
  });

  test("ends the link of an earlier change, whether or not the address asked for now has an account", async () => {
    await createPerson(world, { email: "owner@example.com" });
    const codes = [];
    for (const next of ["owner@example.com", "nobody@example.com"]) {
      const person = await createPerson(world);
      const tokens = await signIn(world, person);
      await change(tokens, `mine-${next}`, person.password);
      await world.settled();
      const { token } = await mailedLink(world, "Confirm your new e-mail address");
      await change(tokens, next, person.password);
      const { status, code } = await confirm(token);
      codes.push([status, code]);
    }
    expect(codes[0]).toEqual(codes[1]);
    expect(codes[0]?.[0]).toBe(400);
  });

  test("refuses a wrong password and what is no address, and changes nothing", async () => {
    const person = await createPerson(world);
    const tokens = await signIn(world, person);
    const before = await world.traces();

    const wrong = await change(tokens, "new@example.com", "not the password");
    const broken = await change(tokens, "no address", person.password);
    const long = await change(tokens, `${"a".repeat(65)}@example.com`, person.password);

    expect([wrong.status, wrong.code]).toEqual([403, "wrong_password"]);
    expect([broken.status, broken.fields]).toEqual([422, ["email"]]);
    expect([long.status, long.fields]).toEqual([422, ["email"]]);
    expect(await world.traces()).toEqual(before);
  });

  test("of 50 accounts that confirm one address at once, one gets it", async () => {
    const people = await Promise.all(Array.from({ length: 50 }, () => createPerson(world)));
    const tokens: string[] = [];
    for (const [at, person] of people.entries()) {
      const session = await signIn(world, person);
      // Another spelling each time: it is one address all the same.
      const address = at % 2 ? "Wanted@example.com" : "wanted@Example.com";
      expect((await change(session, address, person.password, network(at))).status).toBe(202);
    }
    await world.settled();
    for (const { headers, text } of world.mails) {
      if (headers.get("subject")?.[0] !== "Confirm your new e-mail address") continue;
      tokens.push(/\/account\/email\/([\w-]{43})/.exec(text)?.[1] ?? "");
    }

    const answers = await Promise.all(tokens.map(confirm));

    expect(tokens).toHaveLength(50);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ code }) => code === "email_taken")).toHaveLength(49);
    const { tables } = await world.traces();
    expect(tables.users?.filter(({ email_key }) => email_key === "wanted@example.com")).toHaveLength(1);
    expect(tables.audit_events?.filter(({ event }) => event === "account.email_changed")).toHaveLength(1);
    expect(tables.sessions?.filter(({ revoked_at }) => revoked_at !== null)).toHaveLength(1);
  }, 120_000);
});
