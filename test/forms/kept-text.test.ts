import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { isBlank } from "#/modules/forms/catalogue/field-rules";
import { encodePost, encodings } from "../support/encode-post";
import { contact, doors } from "../support/sample-posts";
import { browser, openWorld } from "../support/world";

const world = await openWorld({ env: { NOTIFY_EMAIL: "", FORMS_DUPLICATE_WINDOW: "1s" } });

const blnsPath = join(import.meta.dir, "../../../shared/corpora/blns/blns.json");
const blns: string[] = existsSync(blnsPath) ? await Bun.file(blnsPath).json() : [];
if (blns.length === 0) console.error("skipped: the Big List of Naughty Strings is not beside the repository");
/** As many as one post may hold, each under a name of its own. */
const naughty = Array.from({ length: Math.ceil(blns.length / 80) }, (_, at) =>
  Object.fromEntries(blns.slice(at * 80, at * 80 + 80).map((text, place) => [`text ${place}`, text])),
);

/** What was kept, by the name that tells the messages of one test apart. */
const stored = async () => {
  const rows = (await world.traces()).tables.submissions ?? [];
  return new Map(
    rows.map(({ fields }) => [(fields as { name: string }).name, fields as Record<string, unknown>]),
  );
};

world.describe("what a visitor wrote", () => {
  test.skipIf(blns.length === 0)("is in the database as it was sent, whatever it looks like", async () => {
    const posts = naughty.flatMap((texts, at) => encodings.map((encoding) => ({ texts, encoding, at })));

    const answers = await Promise.all(
      posts.map(({ texts, encoding, at }) =>
        world.post("/f/contact", { ...contact, name: `${encoding} ${at}`, ...texts }, { encoding }),
      ),
    );

    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    const rows = await stored();
    for (const { texts, encoding, at } of posts) {
      const row = rows.get(`${encoding} ${at}`);
      for (const [name, text] of Object.entries(texts)) {
        if (!isBlank(text)) expect(row?.[name]).toBe(text.replaceAll("\r\n", "\n"));
      }
    }
  });

  test("keeps its spaces, its line ends as LF, and what looks like JSON, a number or a formula", async () => {
    const texts = [
      "  two  ",
      "a\r\nb\nc",
      '{"x":1}',
      "[1,2]",
      "007",
      "=1+1",
      "null",
      "e\u0301 \u200f שלום",
      "💥".repeat(5000),
    ];

    await Promise.all(
      texts.flatMap((message) =>
        encodings.map((encoding) =>
          world.post(
            "/f/contact",
            { ...contact, name: `${encoding} ${texts.indexOf(message)}`, message },
            { encoding },
          ),
        ),
      ),
    );

    const rows = await stored();
    const kept = texts.map((text) => text.replaceAll("\r\n", "\n"));
    for (const encoding of encodings) {
      expect(kept.map((_text, at) => rows.get(`${encoding} ${at}`)?.message)).toEqual(kept);
    }
  });

  test("cannot reach a prototype, and leaves no trace when it tries", async () => {
    const refused = await Promise.all(
      ["__proto__", "constructor", "prototype"].map((name) =>
        world.send("/f/contact", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(contact).replace("{", `{${JSON.stringify(name)}:{"polluted":true},`),
        }),
      ),
    );

    expect(refused.map(({ status }) => status)).toEqual([400, 400, 400]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(await stored()).toEqual(new Map());
  });

  test.each([
    ["user-agent", `${"x".repeat(511)}é`],
    ["user-agent", "\u0080".repeat(600)],
    ["origin", `https://${"a".repeat(2000)}.example`],
    ["referer", "https://a.example/\u00ff"],
    ["accept-language", "de;q=x,,,;,"],
  ])("arrives also with a strange %s", async (name, value) => {
    const answer = await world.post("/f/contact", contact, { headers: { [name]: value } });

    expect(answer.status).toBe(200);
  });
});

world.describe("any body at all", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.constantFrom(
      "",
      " ",
      "\0",
      "\ud800",
      "<script>x</script>",
      "'\"><img src=x>",
      "ada@example.com",
      "x".repeat(300),
    ),
  );
  const name = fc.oneof(
    fc.constantFrom(
      "name",
      "email",
      "message",
      "company",
      "_next",
      "_id",
      "_subject",
      "_from",
      "_gotcha",
      "__proto__",
    ),
    fc.string({ maxLength: 12 }),
  );
  const value = fc.oneof(text, fc.array(text, { maxLength: 3 }), fc.jsonValue({ maxDepth: 3 }));
  const fields = fc.dictionary(name, value, { maxKeys: 8 });
  const door = fc.constantFrom(...doors);
  const mark = "<i>mark</i>";

  test("gets a documented answer, and nothing that was sent comes back as markup", async () => {
    await fc.assert(
      fc.asyncProperty(
        door,
        fields,
        fc.constantFrom(...encodings),
        fc.boolean(),
        async (at, body, encoding, person) => {
          const marked = { ...at.valid, ...body, note: mark };
          const { bytes, type } = await encodePost(marked, encoding);
          const answer = await world.send(at.door, {
            method: "POST",
            body: bytes,
            headers: { "content-type": type, ...(person && browser) },
          });

          await expectDocumented(answer, at.problem);
        },
      ),
      { numRuns: 150 },
    );
  }, 20_000);

  test("gets a documented answer, also where the bytes are no body", async () => {
    const types = [
      "application/json",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=b",
      "a/b",
      "",
    ];
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.string().map((text) => new TextEncoder().encode(`--b\r\n${text}\r\n--b--`)),
      fc.json().map((text) => new TextEncoder().encode(text)),
    );
    await fc.assert(
      fc.asyncProperty(
        door,
        bytes,
        fc.constantFrom(...types),
        fc.boolean(),
        async (at, body, type, person) => {
          const answer = await world.send(at.door, {
            method: "POST",
            body,
            headers: { ...(type && { "content-type": type }), ...(person && browser) },
          });

          await expectDocumented(answer, at.problem);
        },
      ),
      { numRuns: 100 },
    );
  }, 20_000);

  async function expectDocumented(answer: Response, isProblem: boolean): Promise<void> {
    const body = await answer.text();
    if (answer.status >= 500) throw new Error(`${answer.status}: ${body.slice(0, 300)} ${world.log.at(-2)}`);
    expect([200, 303, 400, 413, 415, 422]).toContain(answer.status);
    expect(body).not.toContain(mark);
    if (answer.status === 303) return expect(body).toBe("");
    if (answer.headers.get("content-type")?.startsWith("text/html")) {
      expect(body).toStartWith("<!doctype html>");
      return expect(body).not.toMatch(/<script|<img|<i>/);
    }
    const said = JSON.parse(body) as Record<string, unknown>;
    if (answer.status === 200) return expect(said).toMatchObject({ status: "ok", message: "Form received" });
    const voice = isProblem ? { type: "about:blank", status: answer.status } : { error: expect.any(String) };
    return expect(said).toMatchObject({ ...voice });
  }
});
