import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { lacksBrowser, openBrowser } from "../support/browser";
import { embeddedPlace, kindsUnderTest } from "../support/databases";
import { type Started, startExecutable } from "../support/executable";
import { startSmtp, type TestSmtp } from "../support/smtp";
import { fill, readFields, type Site, send, startSite, typed, watchPosts } from "./site";

const kinds = lacksBrowser ? [] : kindsUnderTest("embedded");
const place = embeddedPlace();
let running: Started;
let site: Site;
let smtp: TestSmtp;
let browser: Browser;

beforeAll(async () => {
  if (kinds.length === 0) return;
  smtp = await startSmtp();
  site = startSite(() => `${running.url}/api/contact`);
  running = await startExecutable({
    ...place.env,
    SMTP_URL: smtp.url,
    MAIL_FROM: "Site <site@example.com>",
    NOTIFY_EMAIL: "team@example.com",
    CORS_ALLOWED_ORIGINS: site.origin,
  });
  browser = await openBrowser();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await running?.kill();
  await smtp?.stop();
  await site?.stop();
  place[Symbol.dispose]();
});

/** A page of a fresh visitor on the site's form, by default in a browser that runs no script. */
async function visit(query = "", javaScriptEnabled = false): Promise<Page> {
  const context = await browser.newContext({ javaScriptEnabled });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  await page.goto(`${site.origin}/contact${query}`);
  return page;
}

const messageOf = (name: string) => ({ ...typed, name });
const isThanked = (page: Page) => page.url().startsWith(`${running.url}/f/contact/thanks`);

describe.each(kinds)("a page of another site, without script, %s", () => {
  test("sends the message, thanks the visitor, and the team can reply to them", async () => {
    const page = await visit();
    await fill(page, typed);

    const status = await send(page);

    expect({ status, thanked: isThanked(page) }).toEqual({ status: 200, thanked: true });
    expect(await page.locator("h1").textContent()).toMatch(/thank/i);
    const mail = await smtp.next(10_000);
    expect(mail.envelope.to).toEqual(["team@example.com"]);
    expect(mail.headers.get("reply-to")?.[0]).toContain("zoe@example.com");
    expect(mail.text.replaceAll("\r\n", "\n")).toContain(typed.message.replaceAll("\n", "\n  "));
  }, 30_000);

  test("leads to the site's own thank-you page where the form asks for it", async () => {
    const page = await visit(`?next=${site.origin}/thanks`);
    await fill(page, messageOf("Next"));

    await send(page);

    expect(page.url()).toBe(`${site.origin}/thanks`);
  }, 30_000);

  test("keeps what was typed after a mistake, and the corrected form arrives at the site", async () => {
    const page = await visit(`?next=${site.origin}/thanks`);
    await fill(page, { ...typed, email: "zoe(at)example.com" });

    const status = await send(page);

    expect(status).toBe(400);
    expect(await readFields(page)).toEqual({ ...typed, email: "zoe(at)example.com" });
    expect(await page.locator("[name=email]").getAttribute("aria-invalid")).toBe("true");

    await fill(page, { email: typed.email, name: "Corrected" });
    await send(page);

    expect(page.url()).toBe(`${site.origin}/thanks`);
  }, 30_000);

  test("keeps what was typed when the visitor goes back", async () => {
    const page = await visit();
    await fill(page, { ...typed, message: "" });
    await send(page);

    await page.goBack();

    expect(page.url()).toBe(`${site.origin}/contact`);
    expect(await readFields(page)).toEqual({ ...typed, message: "" });

    await fill(page, { name: "Back", message: "once more" });
    await send(page);
    expect(isThanked(page)).toBe(true);
    await page.goBack();
    expect(await readFields(page)).toEqual({ ...typed, name: "Back", message: "once more" });
  }, 30_000);

  test("posts nothing when the page after success is loaded again", async () => {
    const page = await visit();
    await fill(page, messageOf("Reload"));
    await send(page);
    const posts = watchPosts(page);

    await page.reload();

    expect(isThanked(page)).toBe(true);
    expect(posts).toEqual([]);
  }, 30_000);

  test.each([
    ["without", false],
    ["with", true],
  ] as const)(
    "a double click is one message, %s script",
    async (_, script) => {
      const page = await visit("", script);
      const name = `Twice ${script}`;
      await fill(page, messageOf(name));
      const posts = watchPosts(page);

      await page.locator("form button").dblclick();
      await page.waitForURL((url) => url.pathname.endsWith("/thanks"));

      expect(posts.length).toBeGreaterThan(0);
      await running.kill();
      const { rows } = await place.inspect(({ executeSql }) =>
        executeSql("select count(*)::int as count from gatehouse.submissions where fields->>'name' = $1", [
          name,
        ]),
      );
      expect(rows).toEqual([{ count: 1 }]);
      running = await startExecutable({ ...place.env, PORT: String(running.port) });
    },
    30_000,
  );
});
