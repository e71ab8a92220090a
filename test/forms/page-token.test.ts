import { afterEach, expect, test } from "bun:test";
import { createPageTokens } from "#/modules/forms/screening/page-token";
import { purgeTokens } from "#/modules/forms/screening/purge-tokens";
import { judge, setForm } from "../support/judged";
import { contact } from "../support/sample-posts";
import { browser, openWorld } from "../support/world";

const world = await openWorld({ env: { FORMS_RATE_TOKENS: "3/60s", RATE_LIMIT: "on" } });
const free = await openWorld();

/** A token that was issued so many seconds ago. */
const tokenOf = (seconds: number, form = "contact", { kernel } = free) =>
  createPageTokens(kernel.config, () => new Date(Date.now() - seconds * 1000)).issue(form);
const fetchToken = async (in_ = free) =>
  (await (await in_.send("/f/contact/token")).json()) as { token: string };

let restore = () => {};
afterEach(() => restore());

free.describe("a page token", () => {
  test("is fetched with a key for the page, and never kept by a cache", async () => {
    const answer = await free.send("/f/contact/token", { headers: { origin: "https://www.example.com" } });

    expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(await answer.json()).toEqual({
      token: expect.stringMatching(/^[\w-]+\.[\w-]{43}$/),
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      expires_in: 86_400,
    });
    expect((await free.send("/f/nothing/token")).status).toBe(404);
  });

  test.each([
    ["in no time", () => fetchToken().then(({ token }) => token), { too_fast: 50 }, "held"],
    ["after a while", () => tokenOf(60), {}, "inbox"],
    ["a day later", () => tokenOf(86_500), { token_expired: 5 }, "inbox"],
    ["with one of another form", () => tokenOf(60, "waitlist"), { token_invalid: 60 }, "held"],
    ["with one of another service", () => tokenOf(60, "contact", world), { token_invalid: 60 }, "held"],
    ["with a changed one", () => `x${tokenOf(60)}`, { token_invalid: 60 }, "held"],
    ["with something else", () => "token", { token_invalid: 60 }, "held"],
    ["without one", () => "", {}, "inbox"],
  ])("%s", async (_title, make, points, state) => {
    const row = await judge(free, { _t: await make() });

    expect(row).toMatchObject({ points, state, intake: null });
    expect(row.codes).toEqual(Object.keys(points));
  });

  test("is missed where the form asks for it", async () => {
    restore = setForm({ tokenRequired: true });

    expect((await judge(free)).points).toEqual({ token_missing: 30 });
    expect((await judge(free, { _t: tokenOf(60), message: "2" })).points).toEqual({});
  });

  test("is good for three messages, also when they are judged together", async () => {
    const token = tokenOf(60);

    const first = await judge(free, { _t: token, message: "1" });
    const answers = await Promise.all(
      ["2", "3", "4", "5"].map((message) => free.post("/f/contact", { ...contact, _t: token, message })),
    );
    await free.settled();

    expect(first.codes).toEqual([]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const { tables } = await free.traces();
    const replayed = JSON.stringify(tables.submissions).match(/"token_replayed"/g) ?? [];
    expect(replayed.length).toBe(2);
    expect(tables.spent_tokens).toMatchObject([{ uses: 5 }]);
  });

  test("stands on our own page, and a page of mistakes keeps it", async () => {
    const read = async (answer: Response) => /name="_t" value="([^"]+)"/.exec(await answer.text())?.[1] ?? "";
    const shown = await read(await free.send("/f/contact", { headers: browser }));
    const visit = (fields: object) =>
      free.post("/f/contact", { ...fields }, { encoding: "urlencoded", headers: browser });

    const kept = await read(await visit({ name: "Ada", _t: shown }));
    const fresh = await read(await visit({ name: "Ada" }));

    expect(shown).toMatch(/^[\w-]+\.[\w-]{43}$/);
    expect(kept).toBe(shown);
    expect(fresh).not.toBe(shown);
    // Whoever is shown a page of mistakes has written already, and may correct it in a second.
    expect((await judge(free, { _t: fresh })).codes).toEqual([]);
  });

  test("is forgotten a day after it has expired", async () => {
    await judge(free, { _t: tokenOf(60) });
    const spent = async () => (await free.traces()).tables.spent_tokens?.length;
    await purgeTokens.run(free.kernel, {});
    const before = await spent();
    await free.kernel.database.executeSql(
      "update gatehouse.spent_tokens set expires_at = now() - interval '25 hours'",
    );

    await purgeTokens.run(free.kernel, {});

    expect([before, await spent()]).toEqual([1, 0]);
  });
});

world.describe("page tokens and challenges", () => {
  test("are fetched at a rate, together", async () => {
    const paths = ["token", "challenge", "token", "challenge"];
    const answers: Response[] = [];
    for (const path of paths) answers.push(await world.send(`/f/contact/${path}`));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(Number(answers[3]?.headers.get("retry-after"))).toBeGreaterThan(0);
  });
});
