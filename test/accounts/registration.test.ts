import { expect, test } from "bun:test";
import { until } from "../support/until";
import { openWorld } from "../support/world";

const world = await openWorld({ env: { WHITELISTED_EMAILS: "talel@example.com,@allowed.example" } });
const { describe } = world;
const json = { "content-type": "application/json" };
const send = (path: string, body: unknown, method = "POST") =>
  world.send(path, { method, headers: json, body: JSON.stringify(body) });
const password = "correct horse battery";

/** The token of the newest mail with this subject. */
async function mailedToken(subject: string): Promise<string> {
  const found = () => world.mails.findLast((mail) => mail.headers.get("subject")?.[0] === subject);
  await until(async () => found() !== undefined, 10);
  const [, token] = /\/account\/\w+\/([\w-]{43})/.exec(found()?.text ?? "") ?? [];
  return token ?? expect.unreachable("the mail holds no link");
}

describe("registration in the portal", () => {
  test("answers as documented, mails a link that works once, and tells the click after", async () => {
    const answer = await send("/api/v1/auth/register", {
      email: "Ada@Example.com",
      password,
      role: "dev",
      id: 7,
    });
    expect(answer.status).toBe(201);
    expect(await answer.json()).toEqual({
      email: "Ada@Example.com",
      role: "user",
      verified: false,
      status: "verify_email",
    });
    const token = await mailedToken("Confirm your e-mail address");

    const clicks = await Promise.all(
      Array.from({ length: 20 }, () =>
        send("/api/v1/auth/verify", { token }).then(async (one) => [
          one.status,
          ((await one.json()) as { code?: string }).code,
        ]),
      ),
    );
    expect(clicks.filter(([status]) => status === 200)).toHaveLength(1);
    expect(clicks.filter(([status, code]) => status === 400 && code === "link_used")).toHaveLength(19);
    const { tables } = await world.traces();
    expect(tables.users).toMatchObject([
      { email: "Ada@Example.com", email_key: "ada@example.com", role: "user" },
    ]);
    expect(tables.users?.[0]?.verified_at).toBeString();
    expect(tables.audit_events?.map(({ event }) => event)).toEqual([
      "account.registered",
      "account.verified",
    ]);
  });

  test("answers the same bytes for a known address, and mails its owner instead", async () => {
    const body = { email: "ada@example.com", password };
    const first = await send("/api/v1/auth/register", body);
    const second = await send("/api/v1/auth/register", body);

    expect(second.status).toBe(first.status);
    expect(await second.text()).toBe(await first.text());
    expect([...second.headers.keys()]).toEqual([...first.headers.keys()]);
    const token = await mailedToken("You already have an account");
    expect((await send("/api/v1/auth/password/reset", { token, password: "another long one" })).status).toBe(
      200,
    );
    const { tables } = await world.traces();
    expect(tables.users).toHaveLength(1);
    expect(tables.users?.[0]?.verified_at).toBeString();
  });

  test("of fifty at the same moment one account comes", async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        send("/api/v1/auth/register", { email: at % 2 ? "race@example.com" : "RACE@example.com", password }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status)).isSubsetOf(new Set([201, 429]))).toBe(true);
    expect((await world.traces()).tables.users).toHaveLength(1);
  });

  test.each([
    [{ email: "nobody", password }, "email", "invalid_email"],
    [{ email: "a@example.com", password: "short" }, "password", "too_short"],
    [{ email: "a@example.com", password: "password123" }, "password", "too_common"],
    [{ email: "somebody@example.com", password: "somebody@example.com" }, "password", "same_as_account"],
    [{ email: "a@example.com" }, "password", "required"],
  ])("refuses %p", async (body, field, code) => {
    const before = await world.traces();
    const answer = await send("/api/v1/auth/register", body);
    expect(answer.status).toBe(422);
    expect(((await answer.json()) as { errors: unknown }).errors).toEqual([
      { field, code, detail: expect.any(String) },
    ]);
    expect(await world.traces()).toEqual(before);
  });
});

describe("a forgotten password", () => {
  test("is asked for alike by strangers and owners; the link sets one, once, and ends what was open", async () => {
    await send("/api/v1/auth/register", { email: "ada@example.com", password });
    const known = await send("/api/v1/auth/password/forgot", { email: "ada@example.com" });
    const unknown = await send("/api/v1/auth/password/forgot", { email: "eve@example.com" });
    expect([known.status, await known.text()]).toEqual([202, '{"status":"ok"}']);
    expect([unknown.status, await unknown.text()]).toEqual([202, '{"status":"ok"}']);

    const token = await mailedToken("Set a new password");
    const weak = await send("/api/v1/auth/password/reset", { token, password: "short" });
    expect(weak.status).toBe(422);
    const resets = await Promise.all(
      Array.from({ length: 10 }, () =>
        send("/api/v1/auth/password/reset", { token, password: "another long one" }).then(
          ({ status }) => status,
        ),
      ),
    );
    expect(resets.toSorted()).toEqual([200, ...Array(9).fill(400)]);
    const { tables } = await world.traces();
    expect(tables.users?.[0]).toMatchObject({ token_version: 1 });
  });
});

describe("registration to publish", () => {
  const register = (body: unknown) => send("/v1/accounts/register", body);
  const typed = (message: string) => ({ error: { message, status: 400, type: "Bad Request" } });

  test("answers the documented account", async () => {
    const answer = await register({ email: "talel@example.com", password, username: "taleldayekh" });
    expect(answer.status).toBe(201);
    const text = await answer.text();
    const account = JSON.parse(text);
    expect(account).toEqual({
      id: expect.any(Number),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/),
      updated_at: null,
      verified: false,
      email: "talel@example.com",
      user: {
        id: account.id,
        account_id: account.id,
        created_at: account.created_at,
        updated_at: null,
        username: "taleldayekh",
        location: "",
        avatar_url: "default.jpg",
      },
    });
    expect(Object.keys(account)).toEqual(["id", "created_at", "updated_at", "verified", "email", "user"]);

    const token = await mailedToken("Confirm your e-mail address");
    const verified = await world.send(`/v1/accounts/verify/${token}`);
    expect(verified.status).toBe(200);
    const after = (await verified.json()) as { updated_at: string };
    expect(after).toMatchObject({ id: account.id, verified: true, user: { updated_at: null } });
    expect(after.updated_at).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
    const again = await world.send(`/v1/accounts/verify/${token}`);
    expect([again.status, await again.json()]).toEqual([400, typed("Account already verified")]);
    await world.kernel.database.executeSql("delete from gatehouse.users");
    const gone = await world.send(`/v1/accounts/verify/${token}`);
    expect([gone.status, await gone.json()]).toEqual([
      400,
      typed("No registered account with the email 'talel@example.com'"),
    ]);
    const forged = await world.send(`/v1/accounts/verify/${"A".repeat(43)}`);
    expect([forged.status, await forged.json()]).toEqual([400, typed("Invalid verification token")]);
  });

  test.each([
    ["", "Missing request body"],
    ["null", "Missing request body"],
    ["{}", "Missing request body"],
    ["{", "Invalid request body"],
    ['{"password":"x"}', "Expected 'email' key"],
    ['{"email":" ","password":"x","username":"y"}', "Expected 'email' key"],
    ['{"email":"a@b.example","username":"y"}', "Expected 'password' key"],
    ['{"email":"a@b.example","password":5,"username":"y"}', "Expected 'password' key"],
    ['{"email":"a@b.example","password":"x"}', "Expected 'username' key"],
    ['{"email":"a@b.example","password":"x","username":"y"}', "Email not whitelisted"],
    ['{"email":"a@allowed.example","password":"x","username":"-"}', "Invalid username"],
    ['{"email":"a@allowed.example","password":"x","username":"admin"}', "Invalid username"],
    ['{"email":"a@allowed.example","password":"x","username":"anna"}', "Password is too short"],
    [
      `{"email":"a@allowed.example","password":"${"x".repeat(200)}","username":"anna"}`,
      "Password is too long",
    ],
    ['{"email":"a@allowed.example","password":"password1","username":"anna"}', "Password is too common"],
  ])("refuses %p with the documented words", async (body, message) => {
    const answer = await world.send("/v1/accounts/register", { method: "POST", headers: json, body });
    expect([answer.status, await answer.json()]).toEqual([400, typed(message)]);
  });

  test("says which of the two exists already, as it was sent", async () => {
    await register({ email: "talel@example.com", password, username: "taleldayekh" });
    const email = await register({ email: "TALEL@example.com", password, username: "taleldayekh" });
    expect(await email.json()).toEqual(typed("Account with the email 'TALEL@example.com' already exists"));
    const name = await register({ email: "other@allowed.example", password, username: "TalelDayekh" });
    expect(await name.json()).toEqual(typed("Account with the username 'TalelDayekh' already exists"));
  });

  test("of fifty with one name one wins", async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        register({ email: `p${at}@allowed.example`, password, username: "popular" }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect((await world.traces()).tables.users).toHaveLength(1);
  });
});

describe("the pages of mailed links", () => {
  const asBrowser = { accept: "text/html,*/*;q=0.8", "sec-fetch-mode": "navigate" };

  test("change nothing when opened, and act by their button, without script", async () => {
    await send("/api/v1/auth/register", { email: "ada@example.com", password });
    const token = await mailedToken("Confirm your e-mail address");
    await world.settled();
    const before = await world.traces();

    const shown = await world.send(`/account/verify/${token}`, { headers: asBrowser });
    expect(shown.status).toBe(200);
    expect(shown.headers.get("referrer-policy")).toBe("no-referrer");
    expect(shown.headers.get("cache-control")).toBe("no-store");
    expect(await shown.text()).toContain('<form method="post">');
    expect(await world.traces()).toEqual(before);

    const done = await world.send(`/account/verify/${token}`, { method: "POST", headers: asBrowser });
    expect(done.status).toBe(200);
    expect(await done.text()).toContain("is confirmed");
    const again = await world.send(`/account/verify/${token}`, { method: "POST", headers: asBrowser });
    expect(again.status).toBe(400);
    expect(await again.text()).toContain("used already");
  });

  test("set a password, keep the form for a weak one, and lead browsers from the documented address", async () => {
    await send("/api/v1/auth/register", { email: "ada@example.com", password });
    await send("/api/v1/auth/password/forgot", { email: "ada@example.com" });
    const token = await mailedToken("Set a new password");
    const post = (value: string) =>
      world.send(`/account/reset/${token}`, {
        method: "POST",
        headers: { ...asBrowser, "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ password: value }).toString(),
      });

    const weak = await post("short");
    expect(weak.status).toBe(422);
    expect(await weak.text()).toContain("too short");
    expect((await post("another long one")).status).toBe(200);
    const led = await world.send(`/v1/accounts/verify/${token}`, { headers: asBrowser });
    expect([led.status, led.headers.get("location")]).toEqual([303, `/account/verify/${token}`]);
  });
});
