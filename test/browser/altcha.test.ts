import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { lacksBrowser, openBrowser } from "../support/browser";
import { embeddedPlace } from "../support/databases";
import { type Started, startExecutable } from "../support/executable";
import { until } from "../support/until";

const place = embeddedPlace();
let running: Started;
let browser: Browser;
/** A site on another origin; `localhost` counts as secure, which the widget's hashing needs. */
const site = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: ({ url }) =>
    new URL(url).pathname === "/contact"
      ? new Response(pageOf(running.url), { headers: { "content-type": "text/html; charset=utf-8" } })
      : new Response(null, { status: 204 }),
});

const pageOf = (url: string) => `<!doctype html><html lang="de"><title>Site</title>
  <script type="module" src="${url}/f/-/altcha.js"></script>
  <form action="${url}/f/contact" method="post">
    <input name="name" value="Ada"> <input name="email" value="ada@example.com">
    <textarea name="message">Solved by a widget</textarea>
    <altcha-widget challenge="${url}/f/contact/challenge" name="altcha"></altcha-widget>
    <button>Send</button>
  </form></html>`;

beforeAll(async () => {
  if (lacksBrowser) return;
  browser = await openBrowser();
  running = await startExecutable({ ...place.env, CORS_ALLOWED_ORIGINS: `http://localhost:${site.port}` });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await running?.kill();
  await site.stop(true);
  place[Symbol.dispose]();
});

test.skipIf(lacksBrowser)(
  "the widget that the executable serves solves a challenge on a site's page, and the form is sent",
  async () => {
    const page = await browser.newPage();
    const outside: string[] = [];
    page.on("request", (request) => {
      const { hostname, protocol } = new URL(request.url());
      if (protocol.startsWith("http") && !["localhost", "127.0.0.1"].includes(hostname))
        outside.push(request.url());
    });
    await page.goto(`http://localhost:${site.port}/contact`);
    await page.locator("altcha-widget input[type=checkbox]").press("Space", { timeout: 20_000 });
    const answer = page.locator('input[name="altcha"]');
    await until(async () => (await answer.count()) > 0 && (await answer.inputValue()) !== "", 30);

    const posted = page.waitForRequest((request) => request.method() === "POST");
    await page.locator("form button").last().click();
    const body = new URLSearchParams((await posted).postData() ?? "");
    await page.waitForURL(/\/f\/contact\/thanks/);

    const { challenge, salt, number } = JSON.parse(atob(body.get("altcha") ?? ""));
    expect(new Bun.CryptoHasher("sha256").update(salt + number).digest("hex")).toBe(challenge);
    expect(outside).toEqual([]);
    await page.close();
  },
  120_000,
);
