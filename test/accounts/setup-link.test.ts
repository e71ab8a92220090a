import { expect, test } from "bun:test";
import { URI } from "otpauth";
import decodeQr from "qr/decode.js";
import { changeUser, offerEnrolment, offerSetupLink } from "#/modules/accounts";
import { contact } from "../support/sample-posts";
import { until } from "../support/until";
import { openWorld } from "../support/world";

const world = await openWorld({ env: { REQUIRE_VERIFIED_EMAIL: "false" } });
const production = await openWorld({
  env: {
    ENV: "production",
    SECRET_KEY: "Vw7xqk2nQ0c4m1hTzR8eYbL5sJ9pAfUd",
    PUBLIC_URL: "https://api.example.com",
  },
});
const { describe } = world;
const operator = { id: null };
const password = "correct horse battery";
const ada = { email: "Ada@Example.com", password };
const urlencoded = { encoding: "urlencoded" } as const;

async function offer(at = world): Promise<string> {
  return (await offerSetupLink(at.kernel)) ?? expect.unreachable("there is an account already");
}
const setUp = (token: string, fields: object = ada, at = world) =>
  at.post(`/account/setup/${token}`, { ...fields }, urlencoded);
const confirm = (path: string, code: string) => world.post(path, { code }, urlencoded);
const usersOf = async (at = world) => (await at.traces()).tables.users ?? [];
const eventsOf = async () => (await world.traces()).tables.audit_events?.map(({ event }) => event);

/** The address of the page that enrols the first dev's app. */
async function begun(): Promise<string> {
  const answer = await setUp(await offer());
  expect(answer.status).toBe(303);
  return answer.headers.get("location") ?? expect.unreachable("it leads nowhere");
}

/** What an enrolment page shows: the text of its QR code, its letters, and its link. */
async function readPage(path: string) {
  const page = await (await world.send(path)).text();
  const letters = /<code>([A-Z2-7 ]+)<\/code>/.exec(page)?.[1]?.replaceAll(" ", "");
  const uri = /href="(otpauth:[^"]+)"/.exec(page)?.[1]?.replaceAll("&amp;", "&") ?? "";
  return { page, letters, uri, scanned: scan(page) };
}

/** Draws the picture's squares, eight dots wide each, and reads them as a phone would. */
function scan(page: string): string {
  const size = Number(/viewBox="0 0 (\d+) /.exec(page)?.[1]);
  const width = size * 8;
  const data = new Uint8Array(width * width * 4).fill(255);
  for (const [, x, y] of page.matchAll(/M(\d+) (\d+)h1v1h-1z/g))
    for (let dot = 0; dot < 64; dot++) {
      const at = ((Number(y) * 8 + (dot >> 3)) * width + Number(x) * 8 + (dot & 7)) * 4;
      data.fill(0, at, at + 3);
    }
  return decodeQr({ width, height: width, data });
}

const codeOf = (uri: string, timestamp = Date.now()) => URI.parse(uri).generate({ timestamp });
/** Differs from the codes of every step that counts now. */
function wrongCode(uri: string): string {
  const right = [-60, -30, 0, 30, 60].map((seconds) => codeOf(uri, Date.now() + seconds * 1000));
  return ["000000", "111111", "222222", "333333", "444444", "555555"].find((one) => !right.includes(one))!;
}

describe("the set-up link", () => {
  test("opens a page without script, and makes a confirmed dev whose app comes next", async () => {
    const token = await offer();
    const page = await world.send(`/account/setup/${token}`);
    const answer = await setUp(token);

    expect([page.status, page.headers.get("referrer-policy"), page.headers.get("cache-control")]).toEqual([
      200,
      "no-referrer",
      "no-store",
    ]);
    expect(await page.text()).not.toContain("<script");
    expect([answer.status, answer.headers.get("location")]).toEqual([
      303,
      expect.stringMatching(/^\/account\/enrol\/[\w-]{43}$/),
    ]);
    expect(await usersOf()).toMatchObject([
      { email: "Ada@Example.com", email_key: "ada@example.com", role: "dev" },
    ]);
    expect((await usersOf())[0]?.verified_at).toBeString();
    expect((await world.traces()).tables.audit_events).toMatchObject([
      { event: "account.registered", data: { via: "setup", role: "dev" } },
    ]);
  });

  test("works once, and no longer than until there is an account", async () => {
    const token = await offer();
    expect((await setUp(token)).status).toBe(303);
    const before = await world.traces();

    const again = await setUp(token, { ...ada, email: "eve@example.com" });
    const unknown = await setUp("Zy5cWm0vE7o3TnQ4b1sX8kLr2JpAu6hDgFqVeMtN9wI");

    expect([again.status, unknown.status]).toEqual([409, 400]);
    expect(await offerSetupLink(world.kernel)).toBeUndefined();
    expect(await world.traces()).toEqual(before);
  });

  test("is dead once somebody registered", async () => {
    const token = await offer();
    const registered = await world.post("/api/v1/auth/register", { email: "eve@example.com", password });
    expect(registered.status).toBe(201);

    expect((await setUp(token)).status).toBe(409);
    expect(await usersOf()).toMatchObject([{ email: "eve@example.com", role: "user" }]);
  });

  test("of twenty posts at one moment, with one link or with several, makes one account", async () => {
    const token = await offer();

    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => setUp(token, { ...ada, email: `ada${at}@example.com` })),
    );

    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses[0]).toBe(303);
    expect(statuses.slice(1).every((status) => status === 400 || status === 409 || status === 429)).toBe(
      true,
    );
    expect(await usersOf()).toHaveLength(1);
  });

  test("is never later than an account that registers at the same moment", async () => {
    for (let round = 0; round < 3; round++) {
      await world.reset();
      const token = await offer();
      const register = (at: number) =>
        world.post("/api/v1/auth/register", { email: `eve${at}@example.com`, password });
      const [made] = await Promise.all([setUp(token), register(1), register(2), register(3)]);

      const users = await usersOf();
      const first = users.toSorted((a, b) => Number(a.id) - Number(b.id))[0];
      expect(users.some(({ role }) => role === "dev")).toBe(made.status === 303);
      if (made.status === 303) expect(first).toMatchObject({ role: "dev" });
    }
  }, 30_000);

  test("waits for an account that is being added", async () => {
    if (!world.server) return console.error("skipped: embedded, transactions come one by one anyway");
    const token = await offer();
    const inserted = Promise.withResolvers<void>();
    const commit = Promise.withResolvers<void>();
    const adding = world.kernel.db.transaction(async (tx) => {
      await tx.execute(
        "insert into gatehouse.users (username, username_key, registered_via) values ('eve', 'eve', 'github')",
      );
      inserted.resolve();
      await commit.promise;
    });
    await inserted.promise;

    const answer = setUp(token);
    await until(async () => {
      const { rows } = await world.kernel.database.executeSql(
        "select 1 from pg_locks where not granted and relation = 'gatehouse.users'::regclass",
      );
      return rows.length > 0;
    }).finally(commit.resolve);
    await adding;

    expect((await answer).status).toBe(409);
    expect(await usersOf()).toMatchObject([{ username: "eve" }]);
  });

  test("of starts at one moment only one link counts", async () => {
    const tokens = await Promise.all(Array.from({ length: 8 }, () => offer()));

    const { rows } = await world.kernel.database.executeSql(
      "select count(*)::int as live from gatehouse.one_time_tokens where purpose = 'setup' and used_at is null and expires_at > now()",
    );
    expect(rows).toEqual([{ live: 1 }]);
    const statuses: number[] = [];
    for (const token of tokens) statuses.push((await setUp(token)).status);
    expect(statuses.filter((status) => status === 303)).toHaveLength(1);
  });

  test("lasts half an hour by the database's clock", async () => {
    const token = await offer();
    const { rows } = await world.kernel.database.executeSql(
      "select extract(epoch from expires_at - now())::int as seconds from gatehouse.one_time_tokens",
    );
    expect(Number(rows[0]?.seconds)).toBeWithin(1_780, 1_801);
    await world.kernel.database.executeSql("update gatehouse.one_time_tokens set expires_at = now()");

    expect((await setUp(token)).status).toBe(400);
    expect(await usersOf()).toEqual([]);
  });

  test.each([
    [{ email: "nobody", password }, "This is not an e-mail address."],
    [{ email: "ada@example.com", password: "short" }, "This password is too short."],
    [{ email: "ada@example.com" }, "This password is too short."],
    [{ email: "ada@example.com", password: "ada@example.com" }, "This password is your address."],
  ])("stays good after %p", async (fields, words) => {
    const token = await offer();

    const answer = await setUp(token, fields);
    const page = await answer.text();

    expect(answer.status).toBe(422);
    expect(page).toContain(words);
    expect(page).toContain(`value="${fields.email}"`);
    expect(page).not.toMatch(/type="password"[^>]* value=/);
    expect((await setUp(token)).status).toBe(303);
  });

  test("takes what a form sends, and nothing else", async () => {
    const token = await offer();

    const answer = await world.post(`/account/setup/${token}`, ada);

    expect(answer.status).toBe(415);
    expect(await usersOf()).toEqual([]);
  });

  test("lets the app be left out, outside production alone", async () => {
    const skip = { ...ada, next: "skip" };
    const here = await setUp(await offer(), skip);
    const there = await setUp(await offer(production), skip, production);

    expect([here.status, there.status]).toEqual([200, 303]);
    expect(await here.text()).toContain("DEV_MASTER_OTP");
    const page = await (await production.send("/account/setup/x")).text();
    expect(page).not.toContain("without an app");
    expect(await usersOf(production)).toMatchObject([{ role: "dev" }]);
  });
});

describe("the page that enrols an app", () => {
  test("shows one secret in three ways, writes nothing, and shows the same again", async () => {
    const path = await begun();
    const before = await world.traces();

    const first = await readPage(path);
    const second = await readPage(path);

    expect(first.scanned).toBe(first.uri);
    expect(URI.parse(first.uri)).toMatchObject({ label: "Ada@Example.com", issuer: "Gatehouse", digits: 6 });
    expect(new URL(first.uri).searchParams.get("secret")).toBe(first.letters ?? "");
    expect(first.letters).toMatch(/^[A-Z2-7]{32}$/);
    expect(second.uri).toBe(first.uri);
    expect(await world.traces()).toEqual(before);
  });

  test("takes the link with the first right code, and gives ten recovery codes", async () => {
    const path = await begun();
    const { uri } = await readPage(path);

    const wrong = await confirm(path, wrongCode(uri));
    const right = await confirm(path, ` ${codeOf(uri).replace(/(...)/, "$1 ")}`);
    const again = [await confirm(path, codeOf(uri)), await world.send(path)];

    expect([wrong.status, right.status, ...again.map(({ status }) => status)]).toEqual([403, 200, 400, 400]);
    expect(await wrong.text()).toContain(uri.replaceAll("&", "&amp;"));
    const codes = [...(await right.text()).matchAll(/<li><code>([a-z2-7-]{19})<\/code>/g)];
    expect(new Set(codes.map(([, code]) => code)).size).toBe(10);
    const { tables } = await world.traces();
    expect(tables.totp_factors).toHaveLength(1);
    expect(tables.totp_factors?.[0]?.confirmed_at).toBeString();
    expect(tables.recovery_codes).toHaveLength(10);
    expect(await eventsOf()).toEqual(["account.registered", "account.totp_enrolled"]);
  });

  test("of five right codes at one moment takes one", async () => {
    const path = await begun();
    const { uri } = await readPage(path);
    const code = codeOf(uri);

    const answers = await Promise.all(Array.from({ length: 5 }, () => confirm(path, code)));

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await world.traces()).tables.recovery_codes).toHaveLength(10);
  });

  test("looks at five wrong codes and at no more", async () => {
    const path = await begun();
    const { uri } = await readPage(path);
    for (let n = 0; n < 5; n++) expect((await confirm(path, wrongCode(uri))).status).toBe(403);

    const late = await confirm(path, codeOf(uri));

    expect(late.status).toBe(429);
    expect(late.headers.get("retry-after")).toMatch(/^\d+$/);
    expect((await world.traces()).tables.totp_factors).toEqual([]);
  });

  test("replaces a secret that somebody else began with", async () => {
    const path = await begun();
    const [user] = await usersOf();
    await world.kernel.database.executeSql(
      "insert into gatehouse.totp_factors (user_id, secret) values ($1, 'not ours')",
      [user?.id],
    );
    const { uri } = await readPage(path);

    expect((await confirm(path, codeOf(uri))).status).toBe(200);
    const { rows } = await world.kernel.database.executeSql(
      "select confirmed_at is not null as confirmed, secret = 'not ours' as theirs from gatehouse.totp_factors",
    );
    expect(rows).toEqual([{ confirmed: true, theirs: false }]);
  });

  test("refuses an older link, and every link once an app is enrolled or the account is disabled", async () => {
    const old = await begun();
    const id = Number((await usersOf())[0]?.id);
    const enrol = async () => `/account/enrol/${await offerEnrolment(world.kernel, operator, id)}`;
    const path = await enrol();
    expect((await world.send(old)).status).toBe(400);

    await world.kernel.database.executeSql("update gatehouse.users set disabled_at = now()");
    expect((await world.send(path)).status).toBe(400);
    await changeUser(world.kernel, operator, id, { disabled: false });
    expect((await confirm(path, codeOf((await readPage(path)).uri))).status).toBe(200);
    expect(await enrol().catch(({ code }) => code)).toBe("totp_enrolled");
  });
});

test("no password, token, secret or code reaches the log or a table", async () => {
  const token = await offer();
  await setUp(token, { ...ada, password: "short" });
  const path = (await setUp(token)).headers.get("location") ?? "";
  const { uri, letters = "" } = await readPage(path);
  const code = codeOf(uri);
  const recovery = /<li><code>([a-z2-7-]{19})/.exec(await (await confirm(path, code)).text())?.[1] ?? "";
  await world.post("/f/contact", contact);
  await world.settled();

  const kept = world.log.join("") + JSON.stringify((await world.traces()).tables);

  const planted = [password, token, path.slice("/account/enrol/".length), letters, recovery];
  expect(planted.every((one) => one.length > 18)).toBe(true);
  expect(planted.filter((one) => kept.includes(one))).toEqual([]);
  expect(kept).toContain("/account/enrol/:token");
});
