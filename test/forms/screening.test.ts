import { expect, test } from "bun:test";
import { encodings } from "../support/encode-post";
import { contact } from "../support/sample-posts";
import { browser, openWorld } from "../support/world";

const world = await openWorld({ env: { FORMS_CONFIRMATION: "contact" } });

const traps = ["_gotcha", "_honey", "botcheck", "bot-field"];
const site = { origin: "https://www.example.com" };

world.describe("a post that fills in what people cannot see", () => {
  test.each(encodings)(
    "is answered like any other, kept as spam, and told to nobody, as %s",
    async (encoding) => {
      const post = (fields: object) =>
        world.post("/f/contact", { ...contact, ...fields }, { encoding, headers: site });
      const wanted = await shapeOf(await post({ _gotcha: "" }));

      const answers = await Promise.all(
        traps.map((trap) => post({ message: `Buy by ${trap}`, [trap]: "x" })),
      );
      await world.settled();

      expect(await Promise.all(answers.map(shapeOf))).toEqual(traps.map(() => wanted));
      const { tables, jobs, mails } = await world.traces();
      const [message, ...spam] = tables.submissions ?? [];
      expect(message).toMatchObject({ state: "inbox", score: 0, reasons: [], fields: contact, intake: null });
      for (const trap of traps) {
        expect(spam).toContainEqual(
          expect.objectContaining({
            state: "spam",
            score: 100,
            reasons: [expect.objectContaining({ code: `honeypot:${trap}`, points: 100 })],
            fields: { ...contact, message: `Buy by ${trap}` },
            intake: null,
          }),
        );
      }
      expect(tables.deliveries).toHaveLength(2);
      expect(mails.map(({ to }) => to).sort()).toEqual([["ada@example.com"], ["team@example.com"]]);
      expect(jobs).toEqual([]);
    },
  );

  test("is answered like any other on a page, too", async () => {
    const how = { encoding: "urlencoded", headers: browser } as const;

    const [wanted, spam] = [
      await world.post("/f/contact", contact, how),
      await world.post("/f/contact", { ...contact, message: "Buy", _gotcha: "x" }, how),
    ];

    expect(await shapeOf(spam)).toEqual(await shapeOf(wanted));
  });
});

/** Everything about an answer but the ids and the time. */
async function shapeOf(answer: Response) {
  const headers = Object.fromEntries(answer.headers);
  const changing = { "x-request-id": "", date: "" };
  const body = (await answer.text()).replace(/"id":"[^"]{36}"/, '"id":""');
  return { status: answer.status, body, headers: { ...headers, ...changing } };
}

world.describe("what steers a post", () => {
  test("is not part of the message, and what a site asks for is", async () => {
    await world.post("/f/contact", {
      ...contact,
      _subject: "Order 7",
      _replyto: "boss@example.com",
      _language: "de",
      _cc: "victim@example.com",
      "g-recaptcha-response": "token",
      topic: "Machines",
      tags: ["a", "b"],
    });
    await world.settled();

    const [row] = (await world.traces()).tables.submissions ?? [];
    expect(row).toMatchObject({
      fields: { ...contact, topic: "Machines", tags: ["a", "b"] },
      subject: "Order 7",
      reply_to: "boss@example.com",
      language: "de",
    });
    const mails = world.mails.toSorted((a, b) => String(b.envelope.to).localeCompare(String(a.envelope.to)));
    expect(mails.map(({ envelope }) => envelope.to)).toEqual([["team@example.com"], ["ada@example.com"]]);
    expect(mails[0]?.headers.get("subject")).toEqual(["Order 7"]);
    expect(mails[0]?.headers.get("reply-to")).toEqual(["boss@example.com"]);
  });

  test("may come under a name of the site's own, which stays a field", async () => {
    await world.post("/f/contact", { ...contact, subject: "Order 8", replyto: "boss@example.com" });

    expect((await world.traces()).tables.submissions).toMatchObject([
      {
        fields: { ...contact, subject: "Order 8", replyto: "boss@example.com" },
        subject: "Order 8",
        reply_to: "boss@example.com",
      },
    ]);
  });

  test("is ignored where it makes no sense", async () => {
    await world.post("/f/contact", {
      ...contact,
      _replyto: "a@example.com, b@example.com",
      _language: "no language",
      _id: "short",
    });

    expect((await world.traces()).tables.submissions).toMatchObject([
      { reply_to: contact.email, language: "en" },
    ]);
  });
});
