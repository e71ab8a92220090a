import { expect, test } from "bun:test";
import fc from "fast-check";
import { contact } from "../support/sample-posts";
import { openWorld } from "../support/world";

const world = await openWorld({
  env: {
    FORMS_CONFIRMATION: "contact,waitlist,investor_interest,pilot_request",
    WAITLIST_CONFIRM: "off",
  },
});

const to = (address: string) => world.mails.filter(({ envelope }) => envelope.to.includes(address));
const headersOf = ({ headers }: { headers: Map<string, string[]> }) => [...headers.keys()].sort();
const state = async (channel: string) =>
  ((await world.traces()).tables.deliveries ?? [])
    .filter((row) => row.channel === channel)
    .map((row) => row.state);

world.describe("the mail to the owner", () => {
  test("says what was sent, and a reply goes to the visitor", async () => {
    await world.post("/api/contact", contact);
    await world.settled();

    const [mail, ...more] = to("team@example.com");
    expect(more).toEqual([]);
    expect(mail?.envelope).toEqual({ from: "site@example.com", to: ["team@example.com"] });
    expect(mail?.headers.get("reply-to")).toEqual([contact.email as string]);
    expect(mail?.headers.get("from")).toEqual(["Site <site@example.com>"]);
    expect(mail?.headers.get("subject")).toEqual(["Contact: new message"]);
    expect(mail?.headers.get("auto-submitted")).toEqual(["auto-generated"]);
    expect(mail?.text).toContain(`Message:\r\n  ${contact.message}`);
  });

  test("has no header and no recipient more for whatever was typed", async () => {
    await world.post("/f/contact", { ...contact, _subject: "Plain" });
    await world.settled();
    const [plain] = to("team@example.com");
    const expected = headersOf(plain as NonNullable<typeof plain>);
    await world.reset();
    const hostile = fc.oneof(
      fc.constantFrom(
        "x\r\nBcc: victim@example.com",
        "x\nBcc: victim@example.com\n\nbody",
        "x\u2028Bcc: victim@example.com",
        "=?utf-8?q?x=0D=0ABcc:_victim=40example.com?=",
        'a"b <victim@example.com>, c@example.com',
        "\r\n.\r\nRCPT TO:<victim@example.com>\r\n",
      ),
      fc.string({ unit: "grapheme", maxLength: 200 }),
    );
    const samples = fc.sample(fc.tuple(hostile, hostile, hostile), { numRuns: 25, seed: 7 });

    await Promise.all(
      samples.map(([name, subject, text], at) =>
        world.post("/f/contact", {
          name: name.replace(/[\r\n\u2028\u2029\v\f\u0085]/g, " ").trim() || "x",
          email: `visitor${at}@example.org`,
          message: `${text}.`,
          _subject: subject,
          _replyto: subject,
          _cc: "victim@example.com",
          [`field ${at}`]: text,
        }),
      ),
    );
    await world.settled();

    const mails = to("team@example.com");
    expect(mails.length).toBeGreaterThan(20);
    expect(
      world.mails.flatMap(({ envelope }) => envelope.to).filter((one) => one.includes("victim")),
    ).toEqual([]);
    for (const mail of mails) expect(headersOf(mail)).toEqual(expected);
  }, 20_000);
});

world.describe("the confirmation to the visitor", () => {
  const visitor = "ada@example.com";

  test("has the team's words, none of the visitor's, and no other recipient", async () => {
    await world.post("/f/contact", {
      ...contact,
      name: "Cheap pills",
      message: "Buy at https://evil.example",
    });
    await world.settled();

    const [mail, ...more] = to(visitor);
    expect(more).toEqual([]);
    expect(mail?.headers.get("subject")).toEqual(["We have received your message"]);
    expect(mail?.raw).not.toMatch(/Cheap|evil/);
    expect(mail?.headers.has("reply-to")).toBe(false);
  });

  test("goes out once a day and form, also when two hundred ask at once; the rest is on record", async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, at) =>
        world.post("/f/contact", {
          ...contact,
          email: at % 2 ? visitor : "Ada@Example.com",
          message: `Message ${at}`,
        }),
      ),
    );
    await world.settled();

    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(world.mails.filter(({ envelope }) => envelope.to[0]?.toLowerCase() === visitor)).toHaveLength(1);
    const states = await state("visitor_email");
    expect(states.filter((one) => one === "delivered")).toHaveLength(1);
    expect(states.filter((one) => one === "suppressed")).toHaveLength(199);
  }, 60_000);

  test("goes out three times a day over all forms", async () => {
    const required = { ...contact, company: "Engines" };
    for (const form of ["contact", "waitlist", "investor_interest", "pilot_request"]) {
      await world.post(`/f/${form}`, required);
      await world.settled();
    }

    expect(to(visitor)).toHaveLength(3);
    expect((await state("visitor_email")).filter((one) => one === "suppressed")).toHaveLength(1);
  });

  test("is not sent for a form that was not named", async () => {
    await world.post("/f/demo-request", { ...contact, company: "Engines" });
    await world.settled();

    expect(await state("visitor_email")).toEqual([]);
  });
});
