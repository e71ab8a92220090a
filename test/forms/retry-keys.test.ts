import { expect, test } from "bun:test";
import { createRetryTickets } from "#/modules/forms/intake/retry-keys";
import { contact } from "../support/sample-posts";
import { openWorld } from "../support/world";

const world = await openWorld({ env: { NOTIFY_EMAIL: "" } });

const send = (
  message: string,
  { key, id, client = "" }: { key?: string; id?: string; client?: string } = {},
) =>
  world.post(
    "/f/contact",
    { ...contact, message, ...(id && { _id: id }) },
    { headers: { ...(key && { "idempotency-key": key }), ...(client && { "x-forwarded-for": client }) } },
  );
const idsOf = (answers: readonly Response[]) =>
  Promise.all(answers.map(async (answer) => ((await answer.json()) as { id: string }).id));
const rows = async () => (await world.traces()).tables.submissions ?? [];
const pageView = "page-view-0000000001";

world.describe("a message that comes twice", () => {
  test.each([
    ["with one key", { key: "k" }],
    ["of one page view", { id: pageView }],
    ["of one client", {}],
  ])("%s, fifty times at once, is one row and fifty equal answers", async (_title, by) => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => send("Hello", by)));

    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(new Set(bodies).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get("idempotency-replayed") === null)).toHaveLength(1);
    expect(await rows()).toHaveLength(1);
  });

  test("one after the other is one row, in whichever encoding", async () => {
    const post = (encoding: "json" | "urlencoded" | "multipart") =>
      world.post("/f/contact", contact, { encoding });

    const ids = await idsOf([await post("json"), await post("urlencoded"), await post("multipart")]);

    expect(new Set(ids).size).toBe(1);
    expect(await rows()).toHaveLength(1);
  });

  test("by another door to the same form is still one row", async () => {
    await world.post("/api/contact", contact);
    await world.post("/api/v1/contact", contact);

    expect(await rows()).toMatchObject([{ door: "/api/contact" }]);
  });
});

world.describe("a message of its own", () => {
  test("is another text of a page that the browser restored", async () => {
    const ids = await idsOf([await send("One", { id: pageView }), await send("Two", { id: pageView })]);

    expect(new Set(ids).size).toBe(2);
    expect(await rows()).toHaveLength(2);
  });

  test("is the same text of another client", async () => {
    const ids = await idsOf([
      await send("Hello", { client: "192.0.2.1" }),
      await send("Hello", { client: "192.0.2.2" }),
    ]);

    expect(new Set(ids).size).toBe(2);
  });

  test("is the same text after the window has closed", async () => {
    const [first] = await idsOf([await send("Hello")]);
    await world.kernel.database.executeSql(
      "update gatehouse.submission_keys set expires_at = now() - interval '1 second'",
    );

    const [second] = await idsOf([await send("Hello")]);

    expect(second).not.toBe(first);
    expect(await rows()).toHaveLength(2);
  });

  test("is the same key at another form", async () => {
    const headers = { "idempotency-key": "k" };

    const answers = [
      await world.post("/f/contact", contact, { headers }),
      await world.post("/f/investor_interest", contact, { headers }),
    ];

    expect(new Set(await idsOf(answers)).size).toBe(2);
  });

  test("is never what a key stands for already: other content under it is refused, at once or later", async () => {
    const answers = await Promise.all(["One", "Two", "Three"].map((text) => send(text, { key: "k" })));
    const later = await send("Four", { key: "k" });

    expect(answers.map(({ status }) => status).sort()).toEqual([200, 422, 422]);
    expect(later.status).toBe(422);
    expect(await rows()).toHaveLength(1);
  });

  test("is what follows a refused one: a refusal leaves no key behind", async () => {
    const refused = await world.post("/f/contact", {}, { headers: { "idempotency-key": "k" } });

    const stored = await send("Hello", { key: "k" });

    expect([refused.status, stored.status]).toEqual([400, 200]);
    expect(stored.headers.get("idempotency-replayed")).toBeNull();
  });

  test("is one that names a ticket of another form", async () => {
    const [id = ""] = await idsOf([await send("Hello")]);
    const [row] = await rows();
    const hash = String(row?.content_hash).slice(2);
    const ticket = createRetryTickets(world.kernel.config).issue({ id, form: "contact", contentHash: hash });

    const answer = await world.post("/f/investor_interest", { ...contact, message: "Hello", _id: ticket });

    expect(((await answer.json()) as { id: string }).id).not.toBe(id);
    expect(await rows()).toHaveLength(2);
  });
});
