import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { lacksBrowser, openBrowser } from "../support/browser";
import { embeddedPlace, kindsUnderTest, type Place } from "../support/databases";
import { type Started, startExecutable } from "../support/executable";
import { type Site, startSite } from "./site";

const modes = lacksBrowser ? [] : kindsUnderTest("embedded").flatMap(() => ["listed", "open"]);
let browser: Browser;
beforeAll(async () => {
  if (modes.length > 0) browser = await openBrowser();
}, 30_000);
afterAll(async () => {
  await browser?.close();
});

const body = { name: "Ada", email: "ada@example.com", message: "From a script" };
const json = { "content-type": "application/json" };

/** What a script on the site may send, and what it must be able to read. */
const calls: { title: string; path: string; init: RequestInit; expected: object }[] = [
  {
    title: "success",
    path: "/api/contact",
    init: { method: "POST", headers: json, body: JSON.stringify(body) },
    expected: { status: 200, body: { status: "ok", message: "Form received" } },
  },
  {
    title: "a form, urlencoded",
    path: "/f/contact",
    init: {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        "idempotency-key": crypto.randomUUID(),
      },
      body: new URLSearchParams({ ...body, message: "urlencoded" }).toString(),
    },
    expected: { status: 200, body: { ok: true } },
  },
  {
    title: "a missing field",
    path: "/api/contact",
    init: { method: "POST", headers: json, body: JSON.stringify({ ...body, message: " " }) },
    expected: { status: 400, body: { error: "All fields are required" } },
  },
  {
    title: "a wrong field, as a problem",
    path: "/api/v1/contact",
    init: { method: "POST", headers: json, body: JSON.stringify({ ...body, email: "ada" }) },
    expected: { status: 422, body: { code: "invalid", errors: [{ field: "email" }] } },
  },
  {
    title: "broken JSON",
    path: "/f/contact",
    init: { method: "POST", headers: json, body: "{" },
    expected: { status: 400, body: { error: expect.any(String) } },
  },
  {
    title: "an unknown form",
    path: "/f/nothing",
    init: { method: "POST", headers: json, body: "{}" },
    expected: { status: 404, body: { error: expect.any(String) } },
  },
  {
    title: "another method",
    path: "/api/contact",
    init: { method: "GET" },
    expected: { status: 405, body: { error: expect.any(String) } },
  },
  {
    title: "a body that is too large",
    path: "/f/contact",
    init: {
      method: "POST",
      headers: json,
      body: JSON.stringify({ ...body, message: "x".repeat(1_100_000) }),
    },
    expected: { status: 413, body: { error: expect.any(String) } },
  },
  {
    title: "another type",
    path: "/f/contact",
    init: { method: "POST", headers: { "content-type": "text/plain" }, body: "hello" },
    expected: { status: 415, body: { error: expect.any(String) } },
  },
  {
    title: "too many messages",
    path: "/f/demo-request",
    init: { method: "POST", headers: json, body: "{}" },
    expected: {
      status: 429,
      retryAfter: expect.stringMatching(/^\d+$/),
      body: { error: expect.any(String) },
    },
  },
];

describe.each(modes)("a script on another site, %s", (mode) => {
  let place: Place;
  let running: Started;
  let site: Site;

  beforeAll(async () => {
    place = embeddedPlace();
    site = startSite(() => `${running.url}/f/contact`);
    running = await startExecutable({
      ...place.env,
      // As many as the calls above, so that the last of them is one too many.
      ...(mode === "listed" && { CORS_ALLOWED_ORIGINS: site.origin }),
      RATE_LIMIT: "on",
      FORMS_RATE_ATTEMPTS: `${calls.length - 3}/60s`,
    });
  }, 30_000);

  afterAll(async () => {
    await running?.kill();
    await site?.stop();
    place?.[Symbol.dispose]();
  });

  test("reads success and every refusal", async () => {
    const page = await browser.newPage();
    await page.goto(`${site.origin}/contact`);

    for (const { title, path, init, expected } of calls) {
      const read = await page.evaluate(
        async ([url, options]) => {
          try {
            const answer = await fetch(url as string, options as RequestInit);
            const header = (name: string) => answer.headers.get(name);
            const [retryAfter, requestId] = [header("retry-after"), header("x-request-id")];
            return { status: answer.status, retryAfter, requestId, body: await answer.json() };
          } catch (error) {
            return { blocked: String(error) };
          }
        },
        [`${running.url}${path}`, init],
      );

      expect({ title, ...read }).toMatchObject({ title, requestId: expect.any(String), ...expected });
    }
    await page.close();
  }, 30_000);

  test("a page of a site that is not listed reads nothing, and an open service lets every page read", async () => {
    const stranger = startSite(() => "");
    const page = await browser.newPage();
    await page.goto(`${stranger.origin}/contact`);

    const read = await page.evaluate(
      (url) =>
        fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: "{" }).then(
          ({ status }) => status,
          () => "blocked",
        ),
      `${running.url}/f/quote-request`,
    );

    expect(read).toEqual(mode === "listed" ? "blocked" : expect.any(Number));
    await page.close();
    await stranger.stop();
  }, 30_000);
});
