import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { newNonce, pagePolicy } from "#/kernel/pages";
import { catalogue } from "#/modules/forms/catalogue/catalogue";
import { compileForm } from "#/modules/forms/catalogue/compile-form";
import { type Posted, readPost } from "#/modules/forms/intake/read-post";
import { type FormPage, renderFormPage } from "#/modules/forms/pages/render-page";
import { encodePost } from "../support/encode-post";

const executablePath = "/usr/bin/chromium";
const isMissing = !existsSync(executablePath) && process.env.REQUIRE_SERVICES !== "1";
if (isMissing) console.error(`Skipped: no Chromium at ${executablePath}`);

const form = compileForm({
  ...catalogue[0]!,
  fields: [
    ...catalogue[0]!.fields,
    { name: "topics", type: "choices", label: { en: "Topics" }, options: ["sales", "press"], required: true },
    { name: "agree", type: "consent", label: { en: "I agree" } },
  ],
});
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-sync",
  "--disable-component-update",
  "--no-first-run",
];

let browser: Browser;
let shown: Posted | undefined;
const received: Posted[] = [];
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request) {
    const nonce = newNonce();
    const page: FormPage = {
      form,
      door: "/f/contact",
      language: "en",
      nonce,
      id: "0123456789abcdef",
      token: "page.token",
    };
    if (request.method === "POST")
      received.push(readPost(form, await request.bytes(), request.headers.get("content-type")));
    const posted = received.at(-1) ?? shown;
    const checked = posted && form.check(posted, "en");
    const errors = checked?.ok === false ? checked.errors : [];
    const body = renderFormPage(posted ? { ...page, posted, notice: { kind: "errors", errors } } : page);
    return new Response(body, {
      headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": pagePolicy(nonce) },
    });
  },
});

beforeAll(async () => {
  if (!isMissing) browser = await chromium.launch({ executablePath, args });
}, 30_000);

afterAll(async () => {
  await browser?.close();
  await server.stop(true);
});

test.skipIf(isMissing)(
  "without script, what was typed comes back unchanged from the error page",
  async () => {
    const body = {
      name: `${"n".repeat(201)} "><b>&amp;'`,
      email: "ada@example.com",
      message: "\n\nfirst\n  [1,2] =1+1 </textarea><script>😀\u202e\n",
      topics: ["press", "sales"],
      agree: "true",
      extra: "a\nb",
      long: `${"x".repeat(300)}\n`,
      many: ["1", "", "3"],
      _next: "/thanks?a=1&b=2",
      _subject: 'About "it"',
    };
    const { bytes, type } = await encodePost(body, "urlencoded");
    shown = readPost(form, bytes, type);
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on(
      "request",
      (request) => request.url().startsWith(server.url.origin) || complaints.push(request.url()),
    );

    await page.goto(server.url.href);
    await page.click("button");
    await page.waitForURL("**/f/contact");

    const again = received.at(-1);
    const lineFeeds = (value: unknown) => JSON.parse(JSON.stringify(value).replaceAll("\\r\\n", "\\n"));
    expect(lineFeeds(Object.fromEntries(again?.fields ?? []))).toEqual({
      name: body.name,
      email: body.email,
      message: body.message,
      topics: ["sales", "press"],
      agree: "true",
      extra: body.extra,
      long: body.long,
      many: body.many,
    });
    expect(again?.control).toMatchObject({
      next: body._next,
      subject: body._subject,
      id: "0123456789abcdef",
      honeypots: [],
    });
    expect(complaints).toEqual([]);
    await context.close();
  },
  30_000,
);

/** Contrast ratio by WCAG 2.2, of two colours as `rgb(r, g, b)`. */
function contrast(one: string, other: string): number {
  const luminance = (colour: string) => {
    const [r = 0, g = 0, b = 0] = (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map((part) => {
      const value = Number(part) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

test.skipIf(isMissing).each(["light", "dark"] as const)(
  "in %s colours text, borders and the ring of the focus stand out enough",
  async (colorScheme) => {
    const { bytes, type } = await encodePost({ email: "no", message: "x" }, "urlencoded");
    received.length = 0;
    shown = readPost(form, bytes, type);
    const context = await browser.newContext({ colorScheme });
    const page = await context.newPage();
    await page.goto(server.url.href);

    const read = (selector: string, property: string) =>
      page.$eval(
        selector,
        (element, name) =>
          (
            globalThis as unknown as { getComputedStyle(of: unknown): Record<string, string> }
          ).getComputedStyle(element)[name] ?? "",
        property,
      );
    const card = await read("main", "backgroundColor");
    const notice = await read(".notice", "backgroundColor");

    for (const selector of ["h1", "label", ".error", ".soft", "textarea"]) {
      expect([selector, contrast(await read(selector, "color"), card) >= 4.5]).toEqual([selector, true]);
    }
    for (const selector of [".notice p", ".notice a"]) {
      expect([selector, contrast(await read(selector, "color"), notice) >= 4.5]).toEqual([selector, true]);
    }
    expect(
      contrast(await read("button", "color"), await read("button", "backgroundColor")),
    ).toBeGreaterThanOrEqual(4.5);
    for (const selector of ["#field-2", "#field-3"]) {
      expect([selector, contrast(await read(selector, "borderTopColor"), card) >= 3]).toEqual([
        selector,
        true,
      ]);
    }
    expect(contrast(await read(".notice", "outlineColor"), card)).toBeGreaterThanOrEqual(3);
    await context.close();
  },
  30_000,
);

test.skipIf(isMissing)(
  "the keyboard begins at the summary and reaches every field and the button, never the honeypot",
  async () => {
    const { bytes, type } = await encodePost({ email: "no" }, "urlencoded");
    received.length = 0;
    shown = readPost(form, bytes, type);
    const page = await browser.newPage();
    await page.goto(server.url.href);
    const focused = () =>
      page.evaluate(() => {
        const { activeElement: at } = (
          globalThis as unknown as {
            document: { activeElement: { className: string; name?: string; tagName: string } };
          }
        ).document;
        return at.className.startsWith("notice") ? "notice" : at.name || at.tagName.toLowerCase();
      });

    const order = [await focused()];
    while (order.at(-1) !== "button" && order.length < 20) {
      await page.keyboard.press("Tab");
      order.push(await focused());
    }

    expect(order).toEqual([
      "notice",
      "a",
      "a",
      "a",
      "a",
      "name",
      "email",
      "message",
      "topics",
      "topics",
      "agree",
      "button",
    ]);
    await page.close();
  },
  30_000,
);
