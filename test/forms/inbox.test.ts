import { beforeEach, expect, test } from "bun:test";
import { bearer, createPerson, signIn } from "../support/people";
import { openWorld } from "../support/world";

const world = await openWorld({ env: { DEV_MASTER_OTP: "914273" } });
const { describe } = world;
const api = "/api/v1/admin";
const json = { "content-type": "application/json" };

type Message = {
  id: string;
  form: string;
  state: string;
  handling: string;
  version: number;
  fields: Record<string, unknown>;
  deliveries: { state: string; channel: string; attempts: unknown[] }[];
  notes: { id: string; text: string }[];
  next: string | null;
};

let editor: Record<string, string>;
let dev: Record<string, string>;
beforeEach(async () => {
  if (!world.kernel) return;
  editor = bearer(await signIn(world, await createPerson(world, { role: "editor" })));
  const person = await createPerson(world, { role: "dev" });
  dev = bearer(await signIn(world, person, { scope: "dev", otp: "914273" }));
});

const ask = async (path: string, method = "GET", body?: unknown, headers = editor) => {
  const answer = await world.send(`${api}${path}`, {
    method,
    headers: { ...headers, ...(body !== undefined && json) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    body: text && answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text,
  };
};
const list = async (query = ""): Promise<Message[]> => (await ask(`/submissions${query}`)).body.items;
const contact = (name: string, message = "Hello", extra: Record<string, string> = {}) =>
  world.post("/api/contact", { name, email: `${name.toLowerCase()}@example.com`, message, ...extra });

describe("the inbox", () => {
  test("lists, pages, filters and searches as a plain look over all rows does", async () => {
    for (let at = 0; at < 7; at++) await contact(`Sender${at}`, at % 2 ? "about prices" : "about support");
    await world.post("/f/demo-request", { name: "Late", email: "late@example.com", company: "Engines" });
    await world.settled();

    const all = await list("?limit=200");
    expect(all.map(({ form }) => form).filter((form) => form === "contact")).toHaveLength(7);
    expect(all.map(({ id }) => id)).toEqual(
      all
        .map(({ id }) => id)
        .toSorted()
        .toReversed(),
    );
    for (const filter of [
      "",
      "&form=contact",
      "&q=PRICES",
      "&q=pric%20about",
      "&handling=new",
      "&q=support&handling=new",
    ]) {
      const seen: string[] = [];
      for (let after = ""; ; ) {
        const { body } = await ask(`/submissions?limit=2${filter}${after}`);
        seen.push(...body.items.map(({ id }: Message) => id));
        if (body.next === null) break;
        after = `&after=${encodeURIComponent(body.next)}`;
      }
      const wanted = all.filter(
        ({ form, fields }) =>
          (!filter.includes("form=") || form === "contact") &&
          (!/pric/i.test(filter) || String(fields.message).includes("prices")) &&
          (!filter.includes("q=support") || String(fields.message).includes("support")),
      );
      expect({ filter, seen }).toEqual({ filter, seen: wanted.map(({ id }) => id) });
    }
    expect((await list("?email=SENDER3@example.com")).map(({ fields }) => fields.name)).toEqual(["Sender3"]);
    expect(await list("?q=nowhere")).toEqual([]);
    expect(await list("?until=2001-01-01")).toEqual([]);
    const { body } = await ask("/submissions?limit=2");
    expect(
      await ask(`/submissions?limit=2&form=contact&after=${encodeURIComponent(body.next)}`),
    ).toMatchObject({
      status: 422,
      body: { code: "bad_cursor" },
    });
  });

  test("shows a message with its deliveries; reading changes nothing, handling does, under its version", async () => {
    await contact("Ada");
    await world.settled();
    const [{ id = "" } = {}] = await list();
    const before = await world.traces();

    const { status, body } = await ask(`/submissions/${id}`);

    expect(status).toBe(200);
    expect(body).toMatchObject({ id, handling: "new", version: 0, door: "/api/contact", notes: [] });
    expect(body.deliveries).toMatchObject([
      { channel: "owner_email", state: "delivered", attempts: [{ n: 1, outcome: "ok" }] },
    ]);
    expect(await world.traces()).toEqual(before);

    const both = await Promise.all([
      ask(`/submissions/${id}`, "PATCH", { handling: "archived", version: 0 }),
      ask(`/submissions/${id}`, "PATCH", { handling: "read", version: 0 }),
    ]);
    expect(both.map((one) => one.status).toSorted()).toEqual([200, 409]);
    const { tables } = await world.traces();
    expect(tables.audit_events?.filter(({ event }) => event === "submission.handled")).toMatchObject([
      { subject_type: "submission", subject_id: id, data: { before: "new" } },
    ]);
  });

  test("not spam tells the owner, once, however many say so; spam cancels what was not sent", async () => {
    await contact("Bot", "Buy", { _gotcha: "filled" });
    await world.settled();
    expect(await list()).toEqual([]);
    const [{ id = "", version = 0 } = {}] = await list("?state=spam");
    expect(world.mails).toHaveLength(0);

    const verdicts = await Promise.all(
      Array.from({ length: 20 }, () => ask(`/submissions/${id}/verdict`, "PUT", { state: "inbox", version })),
    );
    await world.settled();

    expect(verdicts.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(verdicts.filter(({ status }) => status === 409)).toHaveLength(19);
    expect(world.mails).toHaveLength(1);
    const again = await ask(`/submissions/${id}/verdict`, "PUT", { state: "spam", version: version + 1 });
    expect(again.body).toMatchObject({ state: "spam", deliveries: [{ state: "delivered" }] });
  });

  test("keeps notes, and erases all that is personal for devs alone", async () => {
    await contact("Ada", "my secret words");
    await world.settled();
    const [{ id = "" } = {}] = await list();
    const note = await ask(`/submissions/${id}/notes`, "POST", { text: "called about the secret words" });
    expect(note.status).toBe(201);
    expect((await ask(`/submissions/${id}`)).body.notes).toMatchObject([
      { text: "called about the secret words" },
    ]);
    expect((await ask(`/submissions/${id}/notes/${note.body.id}`, "DELETE")).status).toBe(204);
    expect((await ask(`/submissions/${id}/notes/${note.body.id}`, "DELETE")).status).toBe(404);
    await ask(`/submissions/${id}/notes`, "POST", { text: "the secret words again" });

    expect(await ask(`/submissions/${id}`, "DELETE")).toMatchObject({
      status: 403,
      body: { code: "dev_role_required" },
    });
    expect((await ask(`/submissions/${id}`, "DELETE", undefined, dev)).status).toBe(204);

    const { tables } = await world.traces();
    expect(JSON.stringify(tables)).not.toMatch(/secret words|ada@example\.com/i);
    expect(tables.submissions).toMatchObject([{ id, form: "contact", state: "erased", fields: {} }]);
    expect((await ask(`/submissions/${id}`, "DELETE", undefined, dev)).status).toBe(404);
    expect(await list()).toEqual([]);
  });

  test("exports what the command exports, and counts by form", async () => {
    await contact("=HYPERLINK", "formula");
    await world.settled();
    const csv = await world.send(`${api}/submissions/export?form=contact`, { headers: editor });
    expect(csv.headers.get("content-disposition")).toMatch(
      /^attachment; filename="form-contact-submissions-.*\.csv"/,
    );
    expect(await csv.text()).toContain("'=HYPERLINK");
    const { body } = await ask("/forms");
    expect(body.items.find(({ slug }: { slug: string }) => slug === "contact")).toMatchObject({
      counts: { received: 0, inbox: 1, held: 0, spam: 0 },
      newest_at: expect.any(String),
    });
    const summary = await ask("/summary", "GET", undefined, dev);
    expect(summary.body).toMatchObject({
      submissions: { new: 1, "24h": 1, held: 0 },
      deliveries: { waiting: 0, failed: 0 },
    });
  });

  test.each([
    ["GET", "/submissions/nonsense", undefined, 404],
    ["GET", "/submissions/0199f3c2-0000-7000-8000-000000000001", undefined, 404],
    ["PATCH", "/submissions/0199f3c2-0000-7000-8000-000000000001", { handling: "read", version: 0 }, 404],
    ["PATCH", "/submissions/0199f3c2-0000-7000-8000-000000000001", { handling: "burned", version: 0 }, 422],
    ["POST", "/submissions/0199f3c2-0000-7000-8000-000000000001/notes", { text: " " }, 422],
    ["POST", "/submissions/0199f3c2-0000-7000-8000-000000000001/notes", { text: "x" }, 404],
    ["GET", "/submissions?limit=0", undefined, 422],
    ["GET", "/submissions?since=2026-13-01", undefined, 422],
    ["GET", "/submissions/export?form=nowhere", undefined, 404],
  ])("refuses %s %s", async (method, path, body, status) => {
    const before = await world.traces();
    expect((await ask(path, method, body)).status).toBe(status);
    expect(await world.traces()).toEqual(before);
  });
});
