import { afterEach, expect, test } from "bun:test";
import { loadConfig } from "#/kernel/config";
import { createRateLimits } from "#/kernel/rate-limit";
import { compiledForms } from "#/modules/forms/catalogue/compiled-forms";
import { createPostLimits } from "#/modules/forms/intake/limit-posts";
import { openVisit } from "#/modules/forms/intake/visit";
import { arrivalSignal } from "#/modules/forms/screening/arrival-signals";
import { judge, setForm } from "../support/judged";
import { contact } from "../support/sample-posts";
import { insertMessages } from "../support/stored-messages";
import { joinTeam } from "../support/team";
import { openWorld } from "../support/world";

const world = await openWorld({ env: { TRUSTED_PROXIES: "loopback" } });
const strict = await openWorld({
  env: {
    RATE_LIMIT: "on",
    TRUSTED_PROXIES: "loopback",
    FORMS_FLOOD: "3/60s",
  },
});

let restore = () => {};
afterEach(() => restore());

const from = (client: string) => ({
  headers: { origin: "https://www.example.com", "x-forwarded-for": client },
});

world.describe("content that comes again", () => {
  test("counts by how many others sent it within a day", async () => {
    const codes = [];
    for (const client of ["192.0.2.1", "192.0.2.2", "192.0.2.2", "192.0.2.3", "192.0.2.4"]) {
      const { points } = await judge(world, { _id: crypto.randomUUID() }, from(client));
      codes.push(points);
    }

    expect(codes).toEqual([
      {},
      { "repeated_content:1": 20 },
      { "repeated_content:1": 20 },
      { "repeated_content:2": 30 },
      { "repeated_content:3": 40 },
    ]);
  });

  test("counts among messages that are judged together, and no more than 60", async () => {
    const clients = Array.from({ length: 8 }, (_, at) => `192.0.2.${at}`);
    const post = (client: string) => world.post("/f/contact", contact, from(client));
    await Promise.all(clients.map(post));
    await world.settled();

    const { rows } = await world.kernel.database.executeSql(
      "select score from gatehouse.submissions order by score",
    );
    expect(rows.map(({ score }) => score)).toEqual([0, 20, 30, 40, 50, 60, 60, 60]);
  });

  test("is forgotten after a day", async () => {
    await judge(world, {}, from("192.0.2.1"));
    await world.kernel.database.executeSql(
      "update gatehouse.submissions set judged_at = now() - interval '25 hours'",
    );

    expect((await judge(world, {}, from("192.0.2.2"))).points).toEqual({});
  });
});

world.describe("a sender", () => {
  test("to whom the team has replied is trusted more", async () => {
    const id = Bun.randomUUIDv7("hex", Date.now() - 86_400_000);
    await insertMessages(world.kernel, [{ id, emailNormalised: contact.email!, handling: "replied" }]);
    restore = setForm({ thresholds: { held: 10, spam: 20 } });

    const known = await judge(world, { message: "https://a.example https://b.example" });
    const other = await judge(world, {
      message: "https://a.example https://b.example",
      email: "bob@example.com",
    });

    expect(known).toMatchObject({ state: "inbox", score: 0, points: { "links:2": 16, known_sender: -40 } });
    expect(other).toMatchObject({ state: "held", score: 16, points: { "links:2": 16 } });
  });
});

test("a client that went over a rate three times is one that comes too often, and others are not", async () => {
  const clock = { at: Date.now() };
  const config = loadConfig({ ENV: "test", DATA_DIR: "/nowhere", FORMS_RATE_ATTEMPTS: "1/1s" });
  const rates = createRateLimits({ config, now: () => new Date(clock.at) });
  const limits = createPostLimits({ config, limits: rates });
  const client = { address: "192.0.2.9", key: "192.0.2.9", untrustedForwarding: false };
  const visit = openVisit(
    compiledForms.get("contact")!,
    "/f/contact",
    new Request("http://localhost/f/contact"),
  );
  const found = [];

  for (let violation = 1; violation <= 3; violation++) {
    await limits.attempt(visit, client);
    await limits.attempt(visit, client).catch(() => {});
    found.push(limits.isPenalised(client));
    clock.at += 10_000;
  }

  expect(found).toEqual([false, false, true]);
  expect(limits.isPenalised({ ...client, key: "192.0.2.10" })).toBe(false);
  expect(limits.isPenalised({ ...client, untrustedForwarding: true })).toBe(false);
  expect(arrivalSignal({ penalised: true }).reasons).toMatchObject([
    { code: "client_penalised", points: 25 },
  ]);
  clock.at += 3_600_000;
  expect(limits.isPenalised(client)).toBe(false);
});

strict.describe("a form that gets too many messages", () => {
  test("has each further one judged more strictly", async () => {
    const clients = Array.from({ length: 5 }, (_, at) => `198.51.100.${at}`);
    const found = [];
    for (const client of clients) found.push(await judge(strict, { message: client }, from(client)));

    expect(found.map(({ points }) => points)).toEqual([{}, {}, {}, { flood: 20 }, { flood: 20 }]);
  });
});

world.describe("the team's rules", () => {
  const rule = { name: "casino", when: "contains", value: "Casino Bonus", points: 60 };

  test.each([
    ["contains", rule, { message: "best CASINO BONUS here" }, { "rule:casino": 60 }, "held"],
    ["contains, elsewhere", { ...rule, field: "name" }, { message: "casino bonus" }, {}, "inbox"],
    ["equals", { ...rule, when: "equals", value: "hi" }, { message: " Hi " }, { "rule:casino": 60 }, "held"],
    ["not equals", { ...rule, when: "equals", value: "hi" }, { message: "Hi you" }, {}, "inbox"],
    ["address", { ...rule, when: "address", value: "Ada@Example.com" }, {}, { "rule:casino": 60 }, "held"],
    ["domain", { ...rule, when: "domain", value: "example.com" }, {}, { "rule:casino": 60 }, "held"],
    [
      "subdomain",
      { ...rule, when: "domain", value: "example.com" },
      { email: "a@mail.example.com" },
      { "rule:casino": 60 },
      "held",
    ],
    [
      "not a look-alike",
      { ...rule, when: "domain", value: "example.com" },
      { email: "a@badexample.com" },
      {},
      "inbox",
    ],
    ["lists", rule, { tags: ["x", "casino bonus"] }, { "rule:casino": 60 }, "held"],
    [
      "a verdict, whatever the points say",
      { name: "friends", when: "domain", value: "example.com", verdict: "inbox" },
      { _gotcha: "x" },
      { "honeypot:_gotcha": 100, "rule:friends": 0 },
      "inbox",
    ],
    [
      "spam by verdict",
      { name: "foe", when: "domain", value: "example.com", verdict: "spam" },
      {},
      { "rule:foe": 0 },
      "spam",
    ],
  ])("%s", async (_title, given, fields, points, state) => {
    const dev = await joinTeam(world, { role: "dev", scope: "dev" });
    const { version } = await dev.read<{ version: string }>("/spam/rules");
    const put = await dev.call("/spam/rules", {
      method: "PUT",
      body: JSON.stringify({ version, rules: [given] }),
      headers: { "content-type": "application/json" },
    });
    expect(put.status).toBe(200);

    const row = await judge(world, fields);

    expect(row).toMatchObject({ state, points });
    expect(row.codes).toEqual(Object.keys(points));
  });

  test("are replaced as a whole, with an event that says how, and not by whoever saw others", async () => {
    const dev = await joinTeam(world, { role: "dev", scope: "dev" });
    const put = (body: object) =>
      dev.call("/spam/rules", {
        method: "PUT",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      });
    const { version } = await dev.read<{ version: string }>("/spam/rules");
    const other = { name: "other", when: "domain", value: "a.example", points: -20 };
    const first = (await (await put({ version, rules: [rule, other] })).json()) as { version: string };

    const late = await put({ version, rules: [] });
    const second = await put({ version: first.version, rules: [other] });
    const again = await put({ version: first.version, rules: [other] });

    expect([late.status, ((await late.json()) as { code: string }).code]).toEqual([409, "version_conflict"]);
    expect([second.status, again.status]).toEqual([200, 200]);
    expect(await again.json()).toEqual(await second.json());
    expect(await dev.read<object>("/spam/rules")).toMatchObject({ rules: [other] });
    const { tables } = await world.traces();
    expect(tables.audit_events?.filter(({ event }) => event === "spam.rules_changed")).toMatchObject([
      { data: { before: [], after: ["casino", "other"] } },
      { data: { before: ["casino", "other"], after: ["other"] } },
    ]);
  });

  test.each([
    ["two of one name", [rule, { ...rule, value: "x" }]],
    ["points and a verdict", [{ ...rule, verdict: "spam" }]],
    ["neither", [{ name: "a", when: "contains", value: "x" }]],
    ["too many points", [{ ...rule, points: 101 }]],
    ["a blank value", [{ ...rule, value: " " }]],
    ["a name that is none", [{ ...rule, name: "A b" }]],
    ["another kind", [{ ...rule, when: "matches" }]],
  ])("are refused with %s, and nothing changes", async (_title, rules) => {
    const dev = await joinTeam(world, { role: "dev", scope: "dev" });
    const { version } = await dev.read<{ version: string }>("/spam/rules");
    const before = await world.traces();

    const answer = await dev.call("/spam/rules", {
      method: "PUT",
      body: JSON.stringify({ version, rules }),
      headers: { "content-type": "application/json" },
    });

    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([422, "invalid"]);
    expect(await world.traces()).toEqual(before);
  });
});
