import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { openChat } from "#/integrations/slack";
import { createHttpClient } from "#/kernel/http-client";
import { createLog } from "#/kernel/log";
import { createMetrics } from "#/kernel/metrics";
import { startFaultyVendor, type VendorFault } from "../support/fakes/faulty-vendor";

const slack = await startFaultyVendor();
afterAll(slack.stop);

const ok = { status: 200, headers: { "content-type": "text/html" }, body: "ok" };
const path = "/services/T000/B000/planted";
const lines: string[] = [];
const open = () => {
  const log = createLog("debug", { write: (line) => void lines.push(line) });
  return openChat(
    { SLACK_WEBHOOK_URL: slack.url + path },
    createHttpClient({ log, metrics: createMetrics() }),
  );
};
beforeEach(async () => {
  lines.length = 0;
  slack.requests.length = 0;
  slack.answerWith(ok);
  await slack.become("answer");
});

type Sent = {
  text: string;
  blocks: { type: string; text: { type: string; text: string; verbatim: boolean } }[];
};
const sent = (): Sent => JSON.parse(slack.requests.at(-1)?.body ?? "{}");
const texts = () => sent().blocks.map(({ text }) => text.text);

test("without an address nothing is available", async () => {
  const chat = openChat({ SLACK_WEBHOOK_URL: undefined }, { call: () => Promise.reject() });

  expect(chat.available).toBe(false);
  expect(await chat.post({ title: "a" })).toMatchObject({ kind: "refused", why: { code: "not_configured" } });
});

describe("a message", () => {
  test("goes out as JSON, in blocks, and is acknowledged with ok", async () => {
    const result = await open().post({
      title: "A message by contact",
      facts: [
        ["Name", "Ada"],
        ["Company", "R&D <Ltd>"],
      ],
      text: "Hello",
      link: { text: "Open", url: "https://example.com/console?a=1&b=2" },
    });

    expect(result).toEqual({ kind: "ok", value: {} });
    expect(slack.requests[0]).toMatchObject({
      method: "POST",
      path,
      headers: { "content-type": "application/json" },
    });
    expect(sent()).toEqual({
      text: "A message by contact",
      blocks: [
        "*A message by contact*",
        "*Name:* Ada\n*Company:* R&amp;D &lt;Ltd&gt;",
        "Hello",
        "<https://example.com/console?a=1&amp;b=2|Open>",
      ].map((text) => ({ type: "section", text: { type: "mrkdwn", text, verbatim: true } })),
      unfurl_links: false,
      unfurl_media: false,
    } as never);
  });

  test("calls nobody and leads nowhere, whatever a visitor wrote", async () => {
    const hostile = "<!channel> <@U123> <https://evil.example|click> &lt;!here&gt; @everyone";
    await open().post({ title: hostile, facts: [[hostile, hostile]], text: hostile });

    const { text, blocks } = sent();
    for (const each of [text, ...texts()]) expect(each).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
    // Or Slack would find the bare address and the bare name in it.
    expect(blocks.map((block) => block.text.verbatim)).toEqual([true, true, true]);
  });

  test("is cut into blocks of at most 3,000 characters, never within an entity or a character", async () => {
    const long = "&\u{1f600}".repeat(3_000);
    await open().post({ title: "Long", text: long });

    const [, ...pieces] = texts();
    expect(pieces.length).toBeGreaterThan(5);
    for (const piece of pieces) {
      expect(piece.length).toBeLessThanOrEqual(3_000);
      expect(piece).toMatch(/^(?:&amp;|\u{1f600})+$/u);
    }
    expect(pieces.join("").replaceAll("&amp;", "&")).toBe(long);
  });

  test("has at most 50 blocks, and says where something is missing", async () => {
    await open().post({
      title: "x".repeat(500),
      text: "x".repeat(400_000),
      link: { text: "Open", url: "https://example.com/" },
    });

    expect(texts()).toHaveLength(42);
    expect(texts()[0]).toBe(`*${"x".repeat(149)}…*`);
    expect(texts().slice(-2)).toEqual(["…", "<https://example.com/|Open>"]);
  });

  test("is never without a title, nor a block without text", async () => {
    await open().post({ title: " \n", facts: [], text: " \0 " });

    expect(texts()).toEqual(["*Gatehouse*"]);
  });
});

describe("an answer", () => {
  test.each<[number, string, object]>([
    [400, "invalid_payload", { kind: "refused", why: { code: "http_400" } }],
    [403, "action_prohibited", { kind: "refused", why: { code: "http_403" } }],
    [404, "no_service", { kind: "refused", why: { code: "http_404" } }],
    [410, "channel_is_archived", { kind: "refused", why: { code: "http_410" } }],
    [429, "rate_limited", { kind: "retry", after: 30_000, why: { code: "rate_limited" } }],
    [500, "rollup_error", { kind: "retry", why: { code: "http_500" } }],
  ])("%i %s", async (status, body, expected) => {
    slack.answerWith({ status, headers: { "retry-after": "30" }, body });

    expect(await open().post({ title: "a" })).toMatchObject({
      ...expected,
      why: { status, text: body },
    } as never);
  });

  test("of success that is a page of a proxy told nobody", async () => {
    await slack.become("html");

    expect(await open().post({ title: "a" })).toMatchObject({ kind: "retry", why: { code: "bad_answer" } });
  });

  test.each<[string, object]>([
    ["of a server that answers JSON", { status: 200, body: { success: true } }],
    ["of one that says nothing", { status: 204 }],
  ])("%s counts too", async (_title, answer) => {
    slack.answerWith(answer as never);

    expect(await open().post({ title: "a" })).toEqual({ kind: "ok", value: {} });
  });

  test.each<[VendorFault, string, string]>([
    ["refuse", "retry", "connection"],
    ["hang", "uncertain", "timeout"],
    ["429", "retry", "rate_limited"],
    ["cut", "uncertain", "connection"],
    ["endless", "uncertain", "too_large"],
    ["bomb", "uncertain", "too_large"],
    ["redirect", "refused", "redirected"],
    ["reset", "uncertain", "connection"],
  ])(
    "%s: there is no key, so what may have arrived is not simply repeated",
    async (fault, kind, code) => {
      await slack.become(fault);

      expect(await open().post({ title: "a" })).toMatchObject({ kind, why: { code } } as never);
      expect(slack.followed()).toBe(0);
    },
    10_000,
  );

  test("is kept without the address, which is a secret, and so is the log", async () => {
    slack.answerWith({ status: 404, body: `Cannot POST ${path} of ${slack.url}${path}` });

    const result = await open().post({ title: "a visitor's words" });

    expect(result.kind === "refused" && result.why.text).toBe("Cannot POST *** of ***");
    expect(lines.join()).not.toMatch(/planted|visitor|127\.0\.0\.1/);
  });
});
