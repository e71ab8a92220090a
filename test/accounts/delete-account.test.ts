import { expect, test } from "bun:test";
import { sealEvents } from "#/kernel/audit/seal-events";
import { verifyChain } from "#/kernel/audit/verify-chain";
import { asking } from "../support/ask";
import { createPerson, signIn } from "../support/people";
import { openWorld } from "../support/world";

const world = await openWorld();
const ask = asking(world);

const remove = (as: { access_token: string }, body: object) => ask("DELETE", "account", { as, body });
const rowsOf = async (statement: string) => (await world.kernel.database.executeSql(statement)).rows;

world.describe("DELETE /api/v1/account", () => {
  test("takes all that is the person's own and leaves the rest", async () => {
    const person = await createPerson(world, { email: "leaver@example.com", username: "leaver" });
    const other = await createPerson(world);
    const [tokens, others] = [await signIn(world, person), await signIn(world, other)];
    await ask("PATCH", "settings/appearance", { as: tokens, body: { theme: "dark" } });
    await ask("POST", "account/totp", { as: others, body: { password: other.password } });
    await ask("POST", "auth/password/forgot", { body: { email: person.email } });
    const sent = { name: "Leaver", email: person.email, message: "This stays with the team" };
    expect((await world.post("/api/contact", sent)).status).toBe(200);
    await world.settled();

    const removed = await remove(tokens, { password: person.password });
    const after = await ask("GET", "users/me", { as: tokens });

    expect([removed.status, removed.body]).toEqual([200, { status: "ok" }]);
    expect([after.status, after.code]).toEqual([401, "token_revoked"]);
    const { tables } = await world.traces();
    expect(tables.users?.map(({ id }) => id)).toEqual([other.id]);
    const owners = (table: string) => new Set(tables[table]?.map(({ user_id }) => user_id));
    for (const table of ["sessions", "totp_factors"]) expect(owners(table)).toEqual(new Set([other.id]));
    expect(tables.user_settings).toEqual([]);
    expect(tables.refresh_tokens).toHaveLength(1);
    expect(tables.one_time_tokens?.filter(({ user_id }) => user_id !== null)).toEqual([]);
    expect(tables.submissions).toHaveLength(1);
    const login = await ask("POST", "auth/login", {
      body: { email: person.email, password: person.password },
    });
    expect(login.code).toBe("bad_credentials");
    const again = { email: "leaver@example.com", password: "another long password" };
    expect((await ask("POST", "auth/register", { body: again })).status).toBe(201);
  });

  test("erases the personal part of the audit, and the chain still verifies", async () => {
    const person = await createPerson(world, { username: "leaver" });
    const dev = await createPerson(world, { role: "dev" });
    const team = await signIn(world, dev, { scope: "dev", otp: "000000" });
    const tokens = await signIn(world, person);
    await ask("PATCH", "account/profile", { as: tokens, body: { username: "leaver-2" } });
    await ask("PATCH", `admin/users/${person.id}`, { as: team, body: { username: "leaver-3" } });
    await ask("POST", "auth/login", { body: { email: person.email, password: "wrong" } });
    await sealEvents(world.kernel.db);
    const held = await rowsOf("select 1 from gatehouse.audit_details where details::text like '%leaver%'");

    expect((await remove(tokens, { password: person.password })).status).toBe(200);
    await sealEvents(world.kernel.db);

    expect(held.length).toBeGreaterThan(0);
    const left = await rowsOf(
      `select event from gatehouse.audit_details d join gatehouse.audit_events e on e.id = d.event_id
       where e.actor_id = ${person.id} or (e.subject_type = 'user' and e.subject_id = '${person.id}') order by e.id`,
    );
    expect(left).toEqual([{ event: "account.deleted" }]);
    expect(await rowsOf("select 1 from gatehouse.audit_details where details::text like '%leaver%'")).toEqual(
      [],
    );
    const events = await rowsOf(`select event from gatehouse.audit_events where actor_id = ${person.id}`);
    expect(events.length).toBe(3);
    const { broken, head } = await verifyChain(world.kernel.db);
    expect(broken).toBeUndefined();
    expect(head.seq).toBeGreaterThanOrEqual(6);
  });

  test("is refused to the last dev, and of two devs who leave at once one stays", async () => {
    const dev = await createPerson(world, { role: "dev" });
    await createPerson(world, { role: "dev", disabled: true });
    const tokens = await signIn(world, dev);

    const alone = await remove(tokens, { password: dev.password });
    const second = await createPerson(world, { role: "dev" });
    const answers = await Promise.all(
      [tokens, await signIn(world, second)].map((as) => remove(as, { password: dev.password })),
    );

    expect([alone.status, alone.code]).toEqual([409, "last_dev"]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  test("is refused for a wrong password and without the code of an enrolled app, and changes nothing", async () => {
    const person = await createPerson(world);
    const tokens = await signIn(world, person);
    const before = await world.traces();

    const wrong = await remove(tokens, { password: "not the password" });
    const none = await remove(tokens, {});

    expect([wrong.status, wrong.code]).toEqual([403, "wrong_password"]);
    expect([none.status, none.code]).toEqual([403, "wrong_password"]);
    expect(await world.traces()).toEqual(before);
  });

  test("needs no password of an account without one that signed in within ten minutes", async () => {
    const person = await createPerson(world);
    const tokens = await signIn(world, person);
    await rowsOf("update gatehouse.users set password_hash = null");
    await rowsOf("update gatehouse.sessions set created_at = now() - interval '11 minutes'");
    const late = await remove(tokens, {});
    await rowsOf("update gatehouse.sessions set created_at = now() - interval '9 minutes'");
    const early = await remove(tokens, {});

    expect([late.status, late.code]).toEqual([403, "wrong_password"]);
    expect(early.status).toBe(200);
  });
});
