import { expect, test } from "bun:test";
import { bearer, createPerson, signIn, type Tokens } from "../support/people";
import { until } from "../support/until";
import { openWorld } from "../support/world";

const graceSeconds = 2;
const world = await openWorld({ env: { REFRESH_GRACE_SECONDS: String(graceSeconds) } });
const { describe } = world;

const refresh = (refresh_token: string) => world.post("/api/v1/auth/refresh", { refresh_token });
const me = (tokens: Tokens) => world.send("/api/v1/users/me", { headers: bearer(tokens) });
const run = (statement: string) => world.kernel.database.executeSql(statement);

/** As if the tokens had been used so much earlier. */
const age = (seconds: number) =>
  run(`update gatehouse.refresh_tokens set used_at = used_at - interval '${seconds} seconds'`);

/** The successor of a token that works. */
async function renew(token: string): Promise<Tokens> {
  const answer = await refresh(token);
  expect(answer.status).toBe(200);
  return (await answer.json()) as Tokens;
}

async function refusal(token: string) {
  const answer = await refresh(token);
  const { code } = (await answer.json()) as { code: string };
  return { status: answer.status, code };
}

describe("POST /api/v1/auth/refresh", () => {
  test("gives a new pair of the same session and scope", async () => {
    const person = await createPerson(world);
    const first = await signIn(world, person);

    const second = await renew(first.refresh_token);

    expect(Object.keys(second)).toEqual(Object.keys(first));
    expect(second).toMatchObject({ token_type: "bearer", expires_in: 3600, scope: "user" });
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(second.access_token).not.toBe(first.access_token);
    expect((await me(second)).status).toBe(200);
    expect((await me(first)).status).toBe(200);
    const { tables } = await world.traces();
    expect(tables.sessions).toHaveLength(1);
    expect(tables.refresh_tokens).toHaveLength(2);
    const text = JSON.stringify(tables);
    expect(text).not.toContain(first.refresh_token);
    expect(text).not.toContain(second.refresh_token);
  });

  test("gives 50 that come at once one successor", async () => {
    const { refresh_token } = await signIn(world, await createPerson(world));

    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(refresh_token)));
    const pairs = (await Promise.all(answers.map((answer) => answer.json()))) as Tokens[];

    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(new Set(pairs.map((pair) => pair.refresh_token)).size).toBe(1);
    const { tables } = await world.traces();
    expect(tables.refresh_tokens).toHaveLength(2);
    expect(tables.sessions).toMatchObject([{ revoked_at: null }]);
    await renew(pairs[0]?.refresh_token ?? "");
  });

  test("gives a repetition within the grace the same successor, as long as nobody used that", async () => {
    const { refresh_token } = await signIn(world, await createPerson(world));
    const second = await renew(refresh_token);

    const again = await renew(refresh_token);
    await renew(second.refresh_token);
    const late = await refusal(refresh_token);

    expect(again.refresh_token).toBe(second.refresh_token);
    expect(late).toEqual({ status: 401, code: "refresh_superseded" });
    expect((await world.traces()).tables.sessions).toMatchObject([{ revoked_at: null }]);
  });

  test("takes a repetition after the grace for theft: the session ends, with an audit event", async () => {
    const person = await createPerson(world);
    const first = await signIn(world, person);
    const other = await signIn(world, person);
    const second = await renew(first.refresh_token);
    await age(graceSeconds + 1);

    const reused = await refusal(first.refresh_token);
    const afterwards = [await refusal(first.refresh_token), await refusal(second.refresh_token)];

    expect(reused).toEqual({ status: 401, code: "refresh_reused" });
    expect(afterwards).toEqual(Array(2).fill({ status: 401, code: "refresh_invalid" }));
    expect((await me(second)).status).toBe(401);
    expect((await me(other)).status).toBe(200);
    const { tables } = await world.traces();
    const events = tables.audit_events?.filter(({ event }) => event === "session.reuse_detected");
    expect(events).toMatchObject([{ outcome: "refused", data: { user: person.id } }]);
    await until(() => world.mails.length > 0);
    await world.settled();
    expect(world.mails.map(({ envelope }) => envelope.to)).toEqual([[person.email]]);
  });

  test("notes a theft once, however many come with the stolen token", async () => {
    const { refresh_token } = await signIn(world, await createPerson(world));
    await renew(refresh_token);
    await age(graceSeconds + 1);

    const codes = await Promise.all(Array.from({ length: 20 }, () => refusal(refresh_token)));

    expect(codes.map(({ status }) => status)).toEqual(Array(20).fill(401));
    expect(codes.some(({ code }) => code === "refresh_reused")).toBe(true);
    const { tables } = await world.traces();
    const events = tables.audit_events?.filter(({ event }) => event === "session.reuse_detected");
    expect(events).toHaveLength(1);
  });

  test("never gives more time than the session has", async () => {
    const { refresh_token } = await signIn(world, await createPerson(world));
    await run("update gatehouse.sessions set expires_at = now() + interval '60 seconds'");

    const { refresh_token: successor } = await renew(refresh_token);
    const { rows } = await run(
      "select max(t.expires_at) <= max(s.expires_at) as ok from gatehouse.refresh_tokens t, gatehouse.sessions s where t.parent_id is not null",
    );
    await run("update gatehouse.sessions set expires_at = now()");

    expect(rows).toEqual([{ ok: true }]);
    expect(await refusal(successor)).toEqual({ status: 401, code: "refresh_invalid" });
  });

  const invalid: { title: string; spoil?: string; token?: string }[] = [
    { title: "an unknown token", token: `gtr_${"A".repeat(43)}` },
    { title: "another text", token: "gtr_" },
    { title: "an expired token", spoil: "update gatehouse.refresh_tokens set expires_at = now()" },
    { title: "a token of an ended session", spoil: "update gatehouse.sessions set revoked_at = now()" },
    { title: "a token of a session past its end", spoil: "update gatehouse.sessions set expires_at = now()" },
    { title: "a token of a disabled account", spoil: "update gatehouse.users set disabled_at = now()" },
  ];
  test.each(invalid)("refuses $title and changes nothing", async ({ spoil, token }) => {
    const { refresh_token } = await signIn(world, await createPerson(world));
    if (spoil !== undefined) await run(spoil);
    const before = await world.traces();

    const answer = await refusal(token ?? refresh_token);

    expect(answer).toEqual({ status: 401, code: "refresh_invalid" });
    expect(await world.traces()).toEqual(before);
  });

  test("refuses an access token, and a body without a token", async () => {
    const { access_token } = await signIn(world, await createPerson(world));

    const answers = [await refresh(access_token), await world.post("/api/v1/auth/refresh", {})];
    const nothing = await world.send("/api/v1/auth/refresh", { method: "POST" });
    const wrong = await world.post("/api/v1/auth/refresh", { refresh_token: 7 });

    expect(answers.map(({ status }) => status)).toEqual([401, 401]);
    expect(nothing.status).toBe(401);
    expect(wrong.status).toBe(422);
  });
});
