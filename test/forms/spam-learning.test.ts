import { beforeEach, expect, test } from "bun:test";
import { learnedReasons } from "#/modules/forms/screening/learned-reasons";
import { teach, toSubmission } from "../support/lessons";
import { makeSpamSet } from "../support/spam-set/make-spam-set";
import { idOfMinutesAgo, insertMessages } from "../support/stored-messages";
import { joinTeam, type Member } from "../support/team";
import { openWorld } from "../support/world";

const world = await openWorld();

const spammy = "Our SEO team can bring you 20 quality backlinks and rankings on Google every month.";
const wanted =
  "Please send us a quote for 12 units delivered to our warehouse before the end of the quarter.";
const lessons = makeSpamSet("learned", 60, 1);

let dev: Member;
beforeEach(async () => {
  dev = await joinTeam(world, { role: "dev", scope: "dev" });
});

const verdict = (id: string, state: "inbox" | "spam", version: number) =>
  dev.call(`/submissions/${id}/verdict`, {
    method: "PUT",
    body: JSON.stringify({ state, version }),
    headers: { "content-type": "application/json" },
  });
/** Messages in the table, past intake and judge. */
async function store(
  rows: Parameters<typeof insertMessages>[1] extends readonly (infer R)[] ? Omit<R, "id">[] : never,
) {
  const stored = rows.map((row, at) => ({ id: idOfMinutesAgo(rows.length - at), ...row }));
  await insertMessages(world.kernel, stored);
  return stored.map(({ id }) => id);
}
const fieldsOf = (message: string, name = "Ada") => ({ name, email: "ada@example.com", message });
async function tables() {
  const { spam_tokens = [], spam_lessons = [], audit_events = [] } = (await world.traces()).tables;
  const judged = audit_events.filter(({ event }) => event === "submission.judged");
  return { tokens: spam_tokens, lessons: spam_lessons, judged };
}

world.describe("a verdict of the team", () => {
  test("is learned once, and another one takes the first back exactly", async () => {
    const [one = "", other = ""] = await store([{ fields: fieldsOf(spammy) }, { fields: fieldsOf(wanted) }]);
    await verdict(other, "inbox", 0);
    const without = (await tables()).tokens;
    expect(without.every(({ spam, ham }) => spam === 0 && ham === 1)).toBe(true);

    await verdict(one, "spam", 0);
    await verdict(one, "spam", 1);
    const asSpam = (await tables()).tokens;
    await verdict(one, "inbox", 1);
    const asWanted = await tables();
    await verdict(one, "spam", 2);

    expect(asSpam.length).toBeGreaterThan(without.length);
    expect(asSpam.every(({ spam }) => spam === 0 || spam === 1)).toBe(true);
    expect(asWanted.tokens.every(({ spam }) => spam === 0)).toBe(true);
    expect((await tables()).tokens).toEqual(asSpam);
    expect((await tables()).lessons).toHaveLength(2);
  });

  test("that agrees with the service is a lesson and leaves the message as it is", async () => {
    const [id = ""] = await store([{ fields: fieldsOf(spammy), state: "spam" }]);

    const answer = (await (await verdict(id, "spam", 0)).json()) as { version: number; state: string };
    await verdict(id, "spam", 0);

    expect(answer).toMatchObject({ version: 0, state: "spam" });
    expect(await tables()).toMatchObject({
      lessons: [{ submission_id: id, label: "spam", predicted: null }],
      judged: [{ data: { before: "spam", after: "spam" } }],
    });
  });

  test("teaches nothing about the service's own messages", async () => {
    const [id = ""] = await store([{ fields: fieldsOf(spammy), kind: "canary" }]);

    expect((await verdict(id, "spam", 0)).status).toBe(200);

    expect(await tables()).toMatchObject({ tokens: [], lessons: [] });
  });

  test("does not wait for ever for others who judge messages with the same words", async () => {
    const words = Array.from({ length: 60 }, (_, at) => `word${at}`);
    const ids = await store(
      Array.from({ length: 24 }, (_, at) => ({
        fields: fieldsOf((at % 2 ? words : words.toReversed()).join(" "), `n${at}`),
      })),
    );

    const answers = await Promise.all(ids.map((id, at) => verdict(id, at % 3 ? "spam" : "inbox", 0)));

    expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 200));
    const { tokens } = await tables();
    expect(tokens.filter(({ spam, ham }) => spam === 16 && ham === 8).length).toBeGreaterThanOrEqual(60);
  });
});

world.describe("an answer that was sent", () => {
  test("teaches that the message was wanted, unless it stands as spam", async () => {
    const [one = "", spam = ""] = await store([
      { fields: fieldsOf(wanted) },
      { fields: fieldsOf(spammy), state: "spam" },
    ]);
    const handle = (id: string, handling: string, version: number) =>
      dev.patch(`/submissions/${id}`, { handling, version });

    await handle(one, "read", 0);
    expect((await tables()).lessons).toEqual([]);
    await handle(one, "replied", 1);
    await handle(one, "archived", 2);
    await handle(spam, "replied", 0);

    expect((await tables()).lessons).toMatchObject([{ submission_id: one, label: "ham" }]);
  });
});

world.describe("an erased message", () => {
  test("leaves its counts, and nothing that leads to its words", async () => {
    const [id = ""] = await store([{ fields: fieldsOf(spammy) }]);
    await verdict(id, "spam", 0);
    const before = await tables();

    await dev.call(`/submissions/${id}`, { method: "DELETE" });

    const { tokens, lessons } = await tables();
    expect(tokens).toEqual(before.tokens);
    expect(lessons).toMatchObject([{ submission_id: id, label: "spam", tokens: [] }]);
  });
});

world.describe("the judge", () => {
  test("asks nothing while there are too few lessons, and then once for all messages", async () => {
    const { kernel } = world;
    let queries = 0;
    const counting = new Proxy(kernel.db, {
      get(db, name) {
        queries += Number(["execute", "select", "insert", "update"].includes(String(name)));
        return Reflect.get(db, name, db) as unknown;
      },
    });
    const messages = makeSpamSet("met", 128, 2).map((message) => toSubmission(message));
    const ask = async () => {
      queries = 0;
      const reasons = await learnedReasons(kernel, counting, messages);
      return { queries, reasons: reasons.size };
    };
    await teach(kernel, lessons.slice(0, 39));

    expect(await ask()).toEqual({ queries: 1, reasons: 0 });
    expect(await ask()).toEqual({ queries: 0, reasons: 0 });
    await teach(kernel, lessons.slice(39));
    const spoken = await ask();

    expect(spoken.queries).toBe(1);
    expect(spoken.reasons).toBeGreaterThan(100);
  });

  test("adds what was learned to the score, within its bounds, and says so", async () => {
    await teach(world.kernel, lessons);
    const post = (message: string, more = {}) =>
      world.post("/f/contact", { name: "Sam", email: "sam@unknown.example", message, ...more });

    await post(spammy);
    await post(wanted);
    await post(wanted, { message: `${wanted} Our budget for this year.`, _gotcha: "filled by the browser" });
    await world.settled();

    const { submissions = [] } = (await world.traces()).tables;
    const learned = submissions.map(({ reasons }) =>
      (reasons as { code: string; points: number }[]).find(({ code }) => code.startsWith("learned:")),
    );
    expect(learned).toEqual([
      expect.objectContaining({ code: "learned:40", points: 40 }),
      expect.objectContaining({ code: "learned:-40", points: -40 }),
      expect.objectContaining({ points: -40 }),
    ]);
    expect(submissions.map(({ state, score }) => ({ state, score }))).toEqual([
      { state: "inbox", score: 45 },
      { state: "inbox", score: 0 },
      // A wanted message that a browser filled in too much of is held, where it can be seen.
      { state: "held", score: 65 },
    ]);
  });
});

world.describe("what the model knows", () => {
  test("can be asked: how much, and how right it was before it was told", async () => {
    expect(await dev.read("/spam/model")).toMatchObject({
      speaks: false,
      lessons: { spam: 0, wanted: 0 },
      features: 0,
      verdicts: { count: 0, precision: null, recall: null },
    });
    await teach(world.kernel, lessons);
    const { rows } = await world.kernel.database.executeSql("select 1 from gatehouse.spam_tokens");

    const model = await dev.read<{ verdicts: { count: number; precision: number; recall: number } }>(
      "/spam/model",
    );

    expect(model).toMatchObject({ speaks: true, lessons: { spam: 30, wanted: 30 }, features: rows.length });
    // The first forty found it silent.
    expect(model.verdicts.count).toBe(20);
    expect(model.verdicts.precision).toBeGreaterThan(0.5);
    expect(model.verdicts.recall).toBeGreaterThan(0.5);
  });

  test("is shown beside a message: the ten strongest features, in words", async () => {
    await teach(world.kernel, lessons);
    const [id = ""] = await store([{ fields: fieldsOf(spammy) }]);

    const { features } = await dev.read<{ features: { kind: string; value: string; weight: number }[] }>(
      `/submissions/${id}`,
    );

    expect(features).toHaveLength(10);
    expect(features[0]?.weight).toBeGreaterThan(1);
    expect(features.map(({ kind, value }) => `${kind} ${value}`)).toContain("word backlinks");
    expect(features.map(({ weight }) => Math.abs(weight))).toEqual(
      features.map(({ weight }) => Math.abs(weight)).toSorted((a, b) => b - a),
    );
  });
});
