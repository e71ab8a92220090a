import { expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { contact } from "../support/sample-posts";
import { browser, openWorld } from "../support/world";

const world = await openWorld({
  env: { NOTIFY_EMAIL: "", FORMS_QUEUE: "1", FORMS_OWNER_ADDRESS: "owner@example.com" },
});

/** Two posts at one time where one may wait: the answer to the one that may not, and to the other once it is stored. */
async function sendTwo(post: (text: string) => Promise<Response>) {
  const gate = Promise.withResolvers<void>();
  const locked = Promise.withResolvers<void>();
  const holding = world.kernel.db.transaction(async (tx) => {
    await tx.execute(sql`lock table gatehouse.submissions in exclusive mode`);
    locked.resolve();
    await gate.promise;
  });
  await locked.promise;
  const sent = ["one", "two"].map(async (text) => ({ text, answer: await post(text) }));
  const refused = await Promise.race(sent);
  gate.resolve();
  await holding;
  const both = await Promise.all(sent);
  return { refused, stored: both.find(({ text }) => text !== refused.text)?.answer };
}

world.describe("a queue that is full", () => {
  test.each([
    ["/api/contact", '{"error":"Too many messages are waiting","code":"unavailable","retry_after":2}'],
    ["/f/contact", '{"error":"Too many messages are waiting","code":"unavailable","retry_after":2}'],
  ])("says when to come back at %s", async (door, body) => {
    const { refused, stored } = await sendTwo((text) => world.post(door, { ...contact, message: text }));

    expect([
      refused.answer.status,
      refused.answer.headers.get("retry-after"),
      await refused.answer.text(),
    ]).toEqual([503, "2", body]);
    expect(stored?.status).toBe(200);
    expect((await world.traces()).tables.submissions).toHaveLength(1);
  });

  test("speaks RFC 9457 at /api/v1/contact", async () => {
    const { refused } = await sendTwo((text) => world.post("/api/v1/contact", { ...contact, message: text }));

    expect(await refused.answer.json()).toEqual({
      type: "about:blank",
      title: "Service Unavailable",
      status: 503,
      detail: "Too many messages are waiting",
      code: "unavailable",
      request_id: refused.answer.headers.get("x-request-id"),
    });
  });

  test("shows a person their text and the owner's address; sent again and again it is one message", async () => {
    const person = (fields: Record<string, string>) =>
      world.post("/f/contact", fields, { encoding: "urlencoded", headers: browser });
    const { refused } = await sendTwo((text) => person({ ...contact, message: text }));
    const page = await refused.answer.text();
    const [, ticket = ""] = /name="_id" value="([^"]+)"/.exec(page) ?? [];

    const again = { ...contact, message: refused.text, _id: ticket };
    const answers = [
      await person(again),
      await person(again),
      await person({ ...again, message: "changed" }),
    ];

    expect([refused.answer.status, refused.answer.headers.get("retry-after")]).toEqual([503, "2"]);
    expect(page).toContain(`>\n${refused.text}</textarea>`);
    expect(page).toContain('href="mailto:owner@example.com"');
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
    const rows = (await world.traces()).tables.submissions ?? [];
    expect(
      rows.filter(({ fields }) => (fields as { message: string }).message === refused.text),
    ).toHaveLength(1);
    expect(rows.map(({ id }) => id)).toContain(ticket.slice(0, 36));
    expect(rows).toHaveLength(3);
  });

  test("keeps the key that the page came with", async () => {
    const id = "page-view-0000000001";

    const { refused } = await sendTwo((text) =>
      world.post(
        "/f/contact",
        { ...contact, message: text, _id: id },
        { encoding: "urlencoded", headers: browser },
      ),
    );

    expect(await refused.answer.text()).toContain(`name="_id" value="${id}"`);
  });
});
