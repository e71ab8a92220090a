import { expect, test } from "bun:test";
import { purgeAccounts } from "#/modules/accounts/purge";
import { bearer, createPerson, signIn, type Tokens } from "../support/people";
import { openWorld } from "../support/world";

const world = await openWorld({ env: { UNVERIFIED_ACCOUNT_DAYS: "3" } });
const { describe } = world;

const run = (statement: string) => world.kernel.database.executeSql(statement);
const purge = () => purgeAccounts.run(world.kernel, {});
const namesOf = async () => {
  const { rows } = await run("select username from gatehouse.users order by username");
  return rows.map(({ username }) => String(username));
};

describe("the daily purge", () => {
  test("drops sessions 30 days after their end, however they ended, with their tokens", async () => {
    const person = await createPerson(world);
    for (let i = 0; i < 5; i++) await signIn(world, person);
    const ends = ["revoked_at = now() - interval '31 days'", "revoked_at = now() - interval '29 days'"];
    ends.push("expires_at = now() - interval '31 days'", "expires_at = now() - interval '29 days'");
    const { rows } = await run("select id::text as id from gatehouse.sessions order by id");
    const ids = rows.map(({ id }) => String(id));
    for (const [i, end] of ends.entries())
      await run(`update gatehouse.sessions set ${end} where id = ${ids[i]}`);

    await purge();

    const { tables } = await world.traces();
    expect(tables.sessions?.map(({ id }) => String(id))).toEqual([ids[1], ids[3], ids[4]] as string[]);
    expect(tables.refresh_tokens).toHaveLength(3);
  });

  test("drops refresh tokens 7 days after they expired, and keeps the session going", async () => {
    let tokens = await signIn(world, await createPerson(world));
    for (let i = 0; i < 3; i++) {
      const answer = await world.post("/api/v1/auth/refresh", { refresh_token: tokens.refresh_token });
      tokens = (await answer.json()) as Tokens;
    }
    await run(`update gatehouse.refresh_tokens set expires_at = now() - interval '8 days'
      where id in (select id from gatehouse.refresh_tokens order by id limit 2)`);
    await run(`update gatehouse.refresh_tokens set expires_at = now() - interval '6 days'
      where id = (select id from gatehouse.refresh_tokens order by id offset 2 limit 1)`);

    await purge();

    expect((await world.traces()).tables.refresh_tokens).toHaveLength(2);
    const answer = await world.post("/api/v1/auth/refresh", { refresh_token: tokens.refresh_token });
    expect(answer.status).toBe(200);
    const me = await world.send("/api/v1/users/me", { headers: bearer(tokens) });
    expect(me.status).toBe(200);
  });

  test("drops links 7 days after they expired", async () => {
    for (const days of [8, 6])
      await run(`insert into gatehouse.one_time_tokens (hash, purpose, email, expires_at)
        values ('\\x0${days}', 'verify', 'a@example.com', now() - interval '${days} days')`);

    await purge();

    expect((await world.traces()).tables.one_time_tokens).toHaveLength(1);
  });

  test("drops accounts of the portal that nobody confirmed or used, with an audit event", async () => {
    const unused = { verified: false } as const;
    const { id } = await createPerson(world, { ...unused, username: "gone" });
    await createPerson(world, { ...unused, username: "kept-publishing", registeredVia: "publishing" });
    await createPerson(world, { username: "kept-confirmed" });
    await createPerson(world, { ...unused, username: "kept-disabled", disabled: true });
    await createPerson(world, { ...unused, username: "kept-used" });
    await run("update gatehouse.users set last_sign_in_at = now() where username = 'kept-used'");
    await run("update gatehouse.users set created_at = now() - interval '73 hours'");
    await createPerson(world, { ...unused, username: "kept-young" });

    await purge();

    expect(await namesOf()).toEqual([
      "kept-confirmed",
      "kept-disabled",
      "kept-publishing",
      "kept-used",
      "kept-young",
    ]);
    expect((await world.traces()).tables.audit_events).toMatchObject([
      { event: "account.deleted", actor_id: null, subject_id: String(id), data: { reason: "unconfirmed" } },
    ]);
  });

  test("drops more than one batch", async () => {
    await run(`insert into gatehouse.one_time_tokens (hash, purpose, email, expires_at)
      select decode(lpad(to_hex(n), 8, '0'), 'hex'), 'verify', 'a@example.com', now() - interval '8 days'
      from generate_series(1, 1200) n`);

    await purge();

    expect((await world.traces()).tables.one_time_tokens).toEqual([]);
  });
});

const withoutMail = await openWorld({
  env: { REQUIRE_VERIFIED_EMAIL: "false", UNVERIFIED_ACCOUNT_DAYS: "3" },
});

withoutMail.describe("where nobody has to confirm an address", () => {
  test("the purge keeps accounts that nobody confirmed", async () => {
    await createPerson(withoutMail, { verified: false });
    await withoutMail.kernel.database.executeSql(
      "update gatehouse.users set created_at = now() - interval '1 year'",
    );

    await purgeAccounts.run(withoutMail.kernel, {});

    expect((await withoutMail.traces()).tables.users).toHaveLength(1);
  });
});
