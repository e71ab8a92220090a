import { beforeEach, expect, test } from "bun:test";
import { deliverSubmission } from "#/modules/forms/delivery/deliver-submission";
import { deliveries } from "#/modules/forms/tables";
import { contact } from "../support/sample-posts";
import { idOfMinutesAgo, insertMessages } from "../support/stored-messages";
import { joinTeam, type Member } from "../support/team";
import { openWorld } from "../support/world";

const world = await openWorld();
const { kernel } = world;

type Row = typeof deliveries.$inferInsert;
type Item = { id: string; state: string; target: string; attempt_count: number; kind: string };
type Page = { items: Item[]; next: string | null };

let editor: Member;
beforeEach(async () => {
  editor = await joinTeam(world);
});

/** A message with one delivery, both as old as said. */
async function given(row: Partial<Row>, minutes = 10, message: object = {}): Promise<string> {
  const submissionId = idOfMinutesAgo(minutes);
  await insertMessages(kernel, [{ id: submissionId, ...message }]);
  const id = idOfMinutesAgo(minutes);
  const usual = {
    id,
    submissionId,
    channel: "owner_email",
    target: "team@example.com",
    state: "dead",
  } as const;
  await kernel.db.insert(deliveries).values({ ...usual, ...row });
  return id;
}
const replay = (id: string, body: object = {}) => editor.post(`/deliveries/${id}/replays`, body);
const codeOf = async (answer: Response) => ((await answer.json()) as { code: string }).code;
const stateOf = async (id: string) =>
  (await world.traces()).tables.deliveries?.find((row) => row.id === id)?.state;
const everyPage = async (query: string) => {
  const items: Item[] = [];
  let after = "";
  do {
    const page: Page = await editor.read(`/deliveries?${query}${after}`);
    items.push(...page.items);
    after = page.next === null ? "" : `&after=${page.next}`;
  } while (after !== "");
  return items;
};

world.describe("the list of deliveries", () => {
  test("tells what was sent to whom, with every attempt and how the other side names it", async () => {
    await world.post("/f/contact", contact);
    await world.settled();

    const { items } = await editor.read<Page>("/deliveries");

    expect(items).toMatchObject([
      {
        form: "contact",
        kind: "real",
        channel: "owner_email",
        target: "team@example.com",
        state: "delivered",
        attempt_count: 1,
        next_at: null,
        waits_for: null,
        provider_id: expect.stringMatching(/^<[0-9a-f-]{36}@example.com>$/),
        last_error: null,
      },
    ]);
    const one = await editor.read<{ attempts: object[]; steps?: object }>(`/deliveries/${items[0]?.id}`);
    expect(one.attempts).toMatchObject([{ n: 1, outcome: "ok", status: null }]);
    expect(one).not.toHaveProperty("steps");
  });

  test("shows each once, newest first, whatever it is filtered by", async () => {
    const made: string[] = [];
    for (let minute = 30; minute > 0; minute--)
      made.push(
        await given(
          {
            state: minute % 3 === 0 ? "dead" : "delivered",
            target: minute % 2 === 0 ? "a@example.com" : "b@example.com",
          },
          minute,
          { form: minute % 5 === 0 ? "waitlist" : "contact" },
        ),
      );
    const newest = made.toReversed();
    const expected = (keep: (minute: number) => boolean) =>
      newest.filter((_, index) => keep(index + 1)).toSorted();
    const cases: [query: string, keep: (minute: number) => boolean][] = [
      ["", () => true],
      ["state=dead", (minute) => minute % 3 === 0],
      ["state=delivered", (minute) => minute % 3 !== 0],
      ["target=a@example.com", (minute) => minute % 2 === 0],
      ["target=a@example.com&state=dead", (minute) => minute % 6 === 0],
      ["channel=owner_email&target=b@example.com", (minute) => minute % 2 === 1],
      ["channel=slack", () => false],
      ["form=waitlist", (minute) => minute % 5 === 0],
      ["form=waitlist&state=dead", (minute) => minute % 15 === 0],
      [`since=${new Date(Date.now() - 10.5 * 60_000).toISOString()}`, (minute) => minute <= 10],
      [
        `state=dead&until=${new Date(Date.now() - 10.5 * 60_000).toISOString()}`,
        (minute) => minute > 10 && minute % 3 === 0,
      ],
      ["kind=canary", () => false],
    ];

    for (const [query, keep] of cases) {
      const ids = (await everyPage(`${query}&limit=4`)).map(({ id }) => id);
      expect([query, ids.toSorted()]).toEqual([query, expected(keep)]);
      expect([query, ids]).toEqual([query, ids.toSorted().toReversed()]);
    }
  });

  test("leaves tests and canaries out unless they are asked for", async () => {
    const real = await given({});
    const canary = await given({}, 5, { kind: "canary" });

    expect((await everyPage("")).map(({ id }) => id)).toEqual([real]);
    expect((await everyPage("state=dead")).map(({ id }) => id)).toEqual([real]);
    expect((await everyPage("kind=canary")).map(({ id }) => id)).toEqual([canary]);
  });

  test("refuses a cursor of other filters", async () => {
    for (let minute = 3; minute > 0; minute--) await given({}, minute);
    const { next } = await editor.read<Page>("/deliveries?limit=1");

    const answer = await editor.call(`/deliveries?limit=1&state=dead&after=${next}`);

    expect([answer.status, await codeOf(answer)]).toEqual([422, "bad_cursor"]);
  });
});

world.describe("a replay", () => {
  test("begins a new series under the same id, with its job and an audit row", async () => {
    const id = await given({ attempts: 8, turn: 8, lastError: "timeout" });

    const answer = await replay(id);

    expect([answer.status, await answer.json()]).toEqual([202, { status: "queued" }]);
    await world.settled();
    expect(world.mails).toHaveLength(1);
    const { deliveries: rows, audit_events: events } = (await world.traces()).tables;
    expect(rows).toMatchObject([{ id, state: "delivered", attempts: 1, turn: 9, last_error: null }]);
    expect(events?.filter(({ event }) => event === "delivery.replayed")).toMatchObject([
      { actor_id: editor.person.id, subject_type: "delivery", subject_id: id, data: { before: "dead" } },
    ]);
  });

  test.each([
    ["queued", {}, "not_replayable"],
    ["sending", { again: true }, "not_replayable"],
    ["delivered", {}, "not_replayable"],
    ["waiting", {}, "waits_for_verdict"],
    ["cancelled", {}, "cancelled"],
    ["suppressed", {}, "suppressed"],
  ] as const)("is refused while it is %s, and changes nothing", async (state, body, code) => {
    const id = await given({ state });
    const before = await world.traces();

    const answer = await replay(id, body);

    expect([answer.status, await codeOf(answer)]).toEqual([409, code]);
    expect(await world.traces()).toEqual(before);
  });

  test("is refused when the message is spam, and for a delivery that nobody knows", async () => {
    const id = await given({ state: "delivered" }, 10, { state: "spam" });

    const spam = await replay(id, { again: true });
    const unknown = await replay(Bun.randomUUIDv7());

    expect([spam.status, await codeOf(spam)]).toEqual([409, "message_withdrawn"]);
    expect([unknown.status, await codeOf(unknown)]).toEqual([404, "not_found"]);
  });

  test("of one that arrived sends again when that is said", async () => {
    await world.post("/f/contact", contact);
    await world.settled();
    const [{ id } = { id: "" }] = (await editor.read<Page>("/deliveries")).items;

    expect((await replay(id, { again: true })).status).toBe(202);
    await world.settled();

    expect(world.mails).toHaveLength(2);
    expect((await editor.read<{ attempts: object[] }>(`/deliveries/${id}`)).attempts).toMatchObject([
      { n: 1, outcome: "ok" },
      { n: 2, outcome: "ok" },
    ]);
  });

  test("asked for twenty times at one time sends once", async () => {
    const id = await given({});

    const answers = await Promise.all(Array.from({ length: 20 }, () => replay(id)));
    await world.settled();

    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, ...Array(19).fill(409)]);
    expect(world.mails).toHaveLength(1);
  });

  test("sends once although a job of the series before is still planned", async () => {
    const id = await given({ state: "retrying", attempts: 3, turn: 3, nextAt: new Date(Date.now() + 1e7) });
    await replay(id);
    await world.settled();

    await deliverSubmission.run(kernel, { deliveryId: id, turn: 3 });
    await replay(id, { again: true });
    await deliverSubmission.run(kernel, { deliveryId: id, turn: 3 });
    await deliverSubmission.run(kernel, { deliveryId: id });
    await world.settled();

    expect(world.mails).toHaveLength(2);
    expect(await stateOf(id)).toBe("delivered");
  });

  test("of what was skipped goes to whom today's configuration names", async () => {
    const empty = await given({ state: "skipped", target: "" });
    const known = await given({ state: "skipped", target: "team@example.com" }, 8);
    const moved = await given({ state: "skipped", target: "gone@example.com" }, 6);

    for (const id of [empty, known, moved]) expect((await replay(id)).status).toBe(202);
    await world.settled();

    const { deliveries: rows } = (await world.traces()).tables;
    const shown = rows?.map(({ id, target, state }) => ({ id, target, state }));
    expect(shown).toHaveLength(3);
    for (const id of [empty, known, moved])
      expect(shown).toContainEqual({ id, target: "team@example.com", state: "delivered" });
  });

  test("of what was skipped is refused where nothing is configured still", async () => {
    const id = await given({ state: "skipped", channel: "visitor_email", target: "ada@example.com" });

    const answer = await replay(id);

    expect([answer.status, await codeOf(answer)]).toEqual([409, "not_configured"]);
    expect(await stateOf(id)).toBe("skipped");
  });
});

world.describe("replays of many", () => {
  const many = (body: object) => editor.post("/deliveries/replays", body);

  test("named by id leave out what cannot be sent again", async () => {
    const ids = [
      await given({}, 9),
      await given({ state: "delivered" }, 8),
      await given({ state: "skipped", target: "" }, 7),
      await given({ state: "cancelled" }, 6),
    ];

    const answer = await many({ ids: [...ids, Bun.randomUUIDv7()] });

    expect([answer.status, await answer.json()]).toEqual([202, { queued: 2, more: false, next: null }]);
    await world.settled();
    expect(world.mails).toHaveLength(2);
    const { audit_events: events } = (await world.traces()).tables;
    expect(events?.filter(({ event }) => event === "delivery.replayed_many")).toMatchObject([
      { data: { queued: 2 } },
    ]);
  });

  test("found by a filter go the oldest first, a thousand a call", async () => {
    const rows = Array.from({ length: 1_003 }, (_, index) => idOfMinutesAgo(2_000 - index));
    await insertMessages(
      kernel,
      rows.map((id) => ({ id })),
    );
    await kernel.db.insert(deliveries).values(
      rows.map(
        (id) =>
          ({
            id,
            submissionId: id,
            channel: "owner_email",
            target: "a@example.com",
            state: "dead",
          }) as const,
      ),
    );
    const other = await given({ target: "b@example.com" }, 1);
    const filter = { state: "dead", target: "a@example.com" };

    const first = (await (await many({ filter })).json()) as { queued: number; more: boolean; next: string };
    const second = await (await many({ filter, after: first.next })).json();

    expect(first).toMatchObject({ queued: 1_000, more: true });
    expect(second).toEqual({ queued: 3, more: false, next: null });
    const { deliveries: after = [] } = (await world.traces()).tables;
    expect(after.filter(({ state }) => state === "dead").map(({ id }) => id)).toEqual([other]);
  }, 60_000);

  test.each([
    {},
    { ids: [] },
    { ids: ["1"] },
    { filter: { state: "delivered" } },
    { ids: [Bun.randomUUIDv7()], filter: {} },
  ])("refuse %j", async (body) => {
    const answer = await many(body);

    expect([answer.status, await codeOf(answer)]).toEqual([422, "invalid"]);
  });
});
