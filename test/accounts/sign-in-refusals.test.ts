import { expect, test } from "bun:test";
import type { Kernel } from "#/kernel/kernel";
import { createSignIn } from "#/modules/accounts/sign-in";
import { bearer, createPerson, type Person, signIn } from "../support/people";
import { until } from "../support/until";
import { openWorld } from "../support/world";

const world = await openWorld();
const { describe } = world;

const path = "/api/v1/auth/login";
const words = "Wrong e-mail address or password, or the address is not confirmed yet";
const runSql = (statement: string) => world.kernel.database.executeSql(statement);

const problem = (status: number, title: string, code: string, detail: string) => ({
  type: "about:blank",
  title,
  status,
  detail,
  code,
  request_id: expect.any(String),
});

/** Waits for the mail that is asked for after the answer, or the next test would meet it. */
async function mailed(): Promise<void> {
  await until(() => world.mails.length > 0);
  await world.settled();
}

/** The real queue, and a change of every account in the moment after a password was looked at. */
function changingAfterHash(change: string): Kernel {
  const { hashing, ...kernel } = world.kernel;
  const run: Kernel["hashing"]["run"] = async (work, caller) => {
    const result = await hashing.run(work, caller);
    await runSql(`update gatehouse.users set ${change}`);
    return result;
  };
  return { ...kernel, hashing: { run } };
}

type Sketch = Parameters<typeof createPerson>[1];
type Refusal = {
  title: string;
  person?: Sketch;
  sent?: Record<string, unknown>;
  status: number;
  code: string;
  /** In the audit event; none where nothing was judged. */
  reason?: string;
};

const refusals: Refusal[] = [
  {
    title: "a wrong password",
    sent: { password: "wrong" },
    status: 401,
    code: "bad_credentials",
    reason: "password",
  },
  {
    title: "an unknown address",
    sent: { email: "nobody@example.com" },
    status: 401,
    code: "bad_credentials",
    reason: "password",
  },
  {
    title: "what is no address",
    sent: { email: "nobody" },
    status: 401,
    code: "bad_credentials",
    reason: "password",
  },
  {
    title: "an address that is not confirmed",
    person: { verified: false },
    status: 401,
    code: "bad_credentials",
    reason: "unverified",
  },
  {
    title: "an unconfirmed one of the other surface",
    person: { verified: false, registeredVia: "publishing" },
    status: 401,
    code: "bad_credentials",
    reason: "unverified",
  },
  {
    title: "a disabled account",
    person: { disabled: true },
    status: 403,
    code: "account_disabled",
    reason: "disabled",
  },
  {
    title: "a disabled account without its password",
    person: { disabled: true },
    sent: { password: "wrong" },
    status: 401,
    code: "bad_credentials",
    reason: "password",
  },
  {
    title: "a user who asks for the scope dev",
    sent: { scope: "dev" },
    status: 403,
    code: "dev_role_required",
  },
  {
    title: "an editor who asks for the scope dev",
    person: { role: "editor" },
    sent: { scope: "dev" },
    status: 403,
    code: "dev_role_required",
  },
  {
    title: "a user who asks for dev with a wrong password",
    sent: { scope: "dev", password: "wrong" },
    status: 401,
    code: "bad_credentials",
    reason: "password",
  },
  { title: "no password", sent: { password: undefined }, status: 422, code: "invalid" },
  { title: "an empty password", sent: { password: "" }, status: 422, code: "invalid" },
  {
    title: "a password beyond all measure",
    sent: { password: "x".repeat(1025) },
    status: 422,
    code: "invalid",
  },
  { title: "no address", sent: { email: undefined }, status: 422, code: "invalid" },
  { title: "an address that is no text", sent: { email: 7 }, status: 422, code: "invalid" },
  { title: "the scope enrol", sent: { scope: "enrol" }, status: 422, code: "invalid" },
  { title: "another session", sent: { session: "header" }, status: 422, code: "invalid" },
];

describe("POST /api/v1/auth/login", () => {
  test.each(refusals)("refuses $title", async ({ person: sketch, sent, status, code, reason }) => {
    const person = await createPerson(world, sketch);
    const before = await world.traces();

    const answer = await world.post(path, { email: person.email, password: person.password, ...sent });
    const body = (await answer.json()) as Record<string, unknown>;

    expect({ status: answer.status, code: body.code }).toEqual({ status, code });
    if (code === "bad_credentials") expect(body).toEqual(problem(401, "Unauthorized", code, words));
    if (reason === "unverified") await mailed();
    const { tables } = await world.traces();
    const counted = { users: [], audit_events: [], audit_details: [], one_time_tokens: [] };
    expect({ ...tables, ...counted }).toEqual({ ...before.tables, ...counted });
    // Whoever knows the password is mailed the link that confirms the address.
    expect(tables.one_time_tokens?.map(({ purpose }) => purpose)).toEqual(
      reason === "unverified" ? ["verify"] : [],
    );
    const events = tables.audit_events ?? [];
    expect(events.map(({ event, outcome, data }) => ({ event, outcome, data }))).toEqual(
      reason ? [{ event: "session.refused", outcome: "refused", data: { reason, surface: "portal" } }] : [],
    );
  });

  test("answers alike and with the same headers, whether or not there is such an account", async () => {
    const person = await createPerson(world);
    const unconfirmed = await createPerson(world, { verified: false });
    const ask = async ({ email, password }: Pick<Person, "email" | "password">) => {
      const answer = await world.post(path, { email, password });
      const text = (await answer.text()).replace(/"request_id":"[^"]+"/, "");
      return { status: answer.status, text, headers: [...answer.headers.keys()].sort() };
    };

    const answers = [
      await ask({ email: "nobody@example.com", password: "wrong" }),
      await ask({ email: person.email, password: "wrong" }),
      await ask(unconfirmed),
    ];
    await mailed();

    expect(answers[0]?.status).toBe(401);
    expect(answers[1]).toEqual(answers[0] as never);
    expect(answers[2]).toEqual(answers[0] as never);
  });

  test("mails the link again to an address that waits for it, after the right password alone", async () => {
    const waiting = await createPerson(world, { verified: false });
    const disabled = await createPerson(world, { verified: false, disabled: true });

    await world.post(path, { email: waiting.email, password: "wrong" });
    await world.post(path, disabled);
    await world.post(path, waiting);
    await mailed();

    expect(world.mails.map(({ envelope }) => envelope.to)).toEqual([[waiting.email]]);
    const { tables } = await world.traces();
    expect(tables.one_time_tokens).toMatchObject([{ purpose: "verify", user_id: waiting.id }]);
  });

  test("keeps nothing of what was typed, in the audit or the log", async () => {
    await world.post(path, { email: "planted-7391@example.com", password: "planted-7391-password" });

    const { tables } = await world.traces();
    const [event] = tables.audit_events ?? [];
    expect(event).toMatchObject({ actor_id: null, subject_type: "address" });
    expect(String(event?.subject_id)).toMatch(/^[\w-]{22}$/);
    expect(JSON.stringify(tables)).not.toContain("planted-7391");
    expect(world.log.join()).not.toContain("planted-7391");
  });

  const meanwhile = [
    {
      title: "the password was changed",
      change: "password_hash = 'other', token_version = token_version + 1",
    },
    { title: "the account was disabled", change: "disabled_at = now(), token_version = token_version + 1" },
    { title: "the role was taken away", change: "role = 'user', token_version = token_version + 1" },
  ];
  test.each(meanwhile)("opens nothing where $title after the password was looked at", async ({ change }) => {
    const person = await createPerson(world, { role: "editor" });
    const { toPortal } = createSignIn(changingAfterHash(change));

    const refused = await toPortal(new Request("http://localhost/"), person).catch((error) => error);

    expect(refused).toMatchObject({ status: 401, code: "bad_credentials" });
    expect((await world.traces()).tables.sessions).toEqual([]);
  });

  test("signs in although somebody signed out after the password was looked at", async () => {
    const person = await createPerson(world);
    const { toPortal } = createSignIn(changingAfterHash("token_version = token_version + 1"));

    const tokens = await toPortal(new Request("http://localhost/"), person);

    const me = await world.send("/api/v1/users/me", { headers: bearer(tokens) });
    expect(me.status).toBe(200);
  });

  test("takes a form of OAuth 2, where username stands for email and empty members for none", async () => {
    const person = await createPerson(world);
    const fields = {
      grant_type: "password",
      username: person.email,
      password: person.password,
      scope: "",
      client_id: "",
    };

    const answer = await world.post(path, fields, { encoding: "urlencoded" });
    const wrong = await world.post(path, { ...fields, password: "wrong" }, { encoding: "urlencoded" });
    const asJson = await world.post(path, fields);
    const multipart = await world.post(path, fields, { encoding: "multipart" });

    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ token_type: "bearer", scope: "user" });
    expect([wrong.status, asJson.status, multipart.status]).toEqual([401, 422, 415]);
  });

  test("replaces an older hash with one of today, once the password was right", async () => {
    const person = await createPerson(world);
    const old = await Bun.password.hash(person.password, { algorithm: "bcrypt", cost: 4 });
    await runSql(`update gatehouse.users set password_hash = '${old}' where id = ${person.id}`);

    await world.post(path, { email: person.email, password: "wrong" });
    const [before] = (await world.traces()).tables.users ?? [];
    await signIn(world, person);
    const [after] = (await world.traces()).tables.users ?? [];

    expect(before?.password_hash).toBe(old);
    expect(after?.password_hash).toStartWith("$argon2id$v=19$m=19456,t=2,p=1$");
    await signIn(world, person);
  });
});
