import { expect, test } from "bun:test";
import { asking } from "../support/ask";
import { createPerson, signIn, type Tokens } from "../support/people";
import { openWorld } from "../support/world";

const world = await openWorld();
const ask = asking(world);
const section = (name: string) => `settings/${name}`;
const appearance = section("appearance");
const change = (as: Tokens, body: unknown, path = appearance) => ask("PATCH", path, { as, body });
const read = async (as: Tokens, path = appearance) => (await ask("GET", path, { as })).body;
const someone = async () => signIn(world, await createPerson(world));

const defaults = {
  notifications: {
    security_alerts: true,
    submission_replies: true,
    upload_results: true,
    product_updates: false,
    digest: "off",
  },
  appearance: { theme: "system", language: "en", timezone: "UTC", density: "comfortable" },
  privacy: { profile_public: false, show_email: false, analytics: false },
};

world.describe("settings by name", () => {
  test.each(Object.entries(defaults))(
    "%s begins with its defaults and stores no row",
    async (name, expected) => {
      const tokens = await someone();

      expect(await read(tokens, section(name))).toEqual(expected);
      expect((await world.traces()).tables.user_settings).toEqual([]);
    },
  );

  test("merge what is sent, keep what is not, and null sets one back", async () => {
    const tokens = await someone();

    const first = await change(tokens, { theme: "dark", sidebar: true, zoom: 1.5, density: null });
    const second = await change(tokens, { theme: null, language: "pt-BR", sidebar: null });

    expect(first.body).toEqual({ ...defaults.appearance, theme: "dark", sidebar: true, zoom: 1.5 });
    expect(second.body).toEqual({ ...defaults.appearance, language: "pt-BR", zoom: 1.5 });
    expect(await read(tokens)).toEqual(second.body);
    const { tables } = await world.traces();
    expect(tables.user_settings).toMatchObject([
      { appearance: { language: "pt-BR", zoom: 1.5 }, privacy: {}, notifications: {} },
    ]);
    const changes = tables.audit_events?.filter(({ event }) => event === "settings.changed");
    expect(changes).toHaveLength(2);
    expect(JSON.stringify(changes)).not.toContain("pt-BR");
  });

  test("are each person's own", async () => {
    const [one, other] = [await someone(), await someone()];

    await change(one, { theme: "dark" });

    expect(await read(other)).toEqual(defaults.appearance);
  });

  test("of 40 changes at once to different members all count", async () => {
    const tokens = await someone();
    const names = Array.from({ length: 20 }, (_, at) => `member_${at}`);

    const answers = await Promise.all([
      ...names.map((name, at) => change(tokens, { [name]: at })),
      ...names.map((_, at) => change(tokens, at % 2 ? { theme: "dark" } : { density: "compact" })),
    ]);

    expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200));
    expect(await read(tokens)).toEqual({
      ...defaults.appearance,
      theme: "dark",
      density: "compact",
      ...Object.fromEntries(names.map((name, at) => [name, at])),
    });
  }, 60_000);

  test("keep 20 members of a front end's own, also when 30 come at once", async () => {
    const tokens = await someone();

    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, at) => change(tokens, { [`member_${at}`]: true })),
    );
    const known = await change(tokens, { theme: "light" });
    const one = await change(tokens, { one_more: true });
    const kept = Object.keys(await read(tokens)).find((name) => name.startsWith("member_")) ?? "";
    const swapped = await change(tokens, { [kept]: null, one_more: true });

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20);
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(10);
    expect(known.status).toBe(200);
    expect([one.status, one.code]).toEqual([422, "invalid"]);
    expect(swapped.status).toBe(200);
    expect(Object.keys(await read(tokens))).toHaveLength(24);
  }, 60_000);

  test.each([
    ["an unknown time zone", { timezone: "Mars/Olympus" }, "appearance"],
    ["an offset as a time zone", { timezone: "+25:00" }, "appearance"],
    ["a theme of another name", { theme: "blue" }, "appearance"],
    ["a language that is none", { language: "?" }, "appearance"],
    ["security alerts off", { security_alerts: false }, "notifications"],
    ["a number for a switch", { analytics: 1 }, "privacy"],
    ["a list as a member of its own", { mine: [1] }, "privacy"],
    ["an object as a member of its own", { mine: { deep: true } }, "privacy"],
    ["201 characters", { mine: "x".repeat(201) }, "privacy"],
    ["a name with capitals", { Mine: 1 }, "privacy"],
    ["a name of 41 letters", { ["x".repeat(41)]: 1 }, "privacy"],
    ["21 members", Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`m${at}`, at])), "privacy"],
    ["NUL", { mine: "a\u0000" }, "privacy"],
  ])("refuse %s and change nothing", async (_, body, name) => {
    const tokens = await someone();
    const before = await world.traces();

    const refused = await change(tokens, body, section(name));

    expect(refused.status).toBe(422);
    expect(await world.traces()).toEqual(before);
  });

  test.each(["Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC", "Asia/Kolkata"])(
    "take the time zone %s",
    async (timezone) => {
      expect((await change(await someone(), { timezone })).body.timezone).toBe(timezone);
    },
  );

  test("never reach the prototype", async () => {
    const tokens = await someone();
    const answer = await world.send(`/api/v1/${appearance}`, {
      method: "PATCH",
      headers: { authorization: `Bearer ${tokens.access_token}`, "content-type": "application/json" },
      body: '{"__proto__":{"polluted":true},"constructor":"x","theme":"dark"}',
    });

    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect([200, 422]).toContain(answer.status);
    expect(Object.keys(await read(tokens))).not.toContain("__proto__");
  });
});
