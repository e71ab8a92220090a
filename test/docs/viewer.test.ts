import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { documentation } from "#/modules/docs";
import { sampleApp, voiceOf } from "../kernel/http/sample-app";
import { lacksBrowser, openBrowser, watchPage } from "../support/browser";

const forms = [{ slug: "contact", title: { en: "Contact" }, doors: ["/api/contact"] }];
const app = sampleApp().use(documentation({ version: "1.2.3", voiceOf, forms }));
const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => app.handle(request) });
const origin = `http://127.0.0.1:${server.port}`;
const browserTest = test.skipIf(lacksBrowser);

let browser: Browser;
beforeAll(async () => {
  if (!lacksBrowser) browser = await openBrowser();
}, 30_000);
afterAll(async () => {
  await browser?.close();
  await server.stop(true);
});

browserTest.each(["/docs", "/api/v1/docs"])(
  "%s shows the operations and asks no other host for anything",
  async (path) => {
    await using context = await browser.newContext();
    const page = await context.newPage();
    const seen = await watchPage(page, origin);

    await page.goto(`${origin}${path}`);
    await page.locator(".opblock").first().waitFor({ timeout: 20_000 });
    await page.locator("#operations-documentation-getDocsJson button").first().click();
    await page.locator("#operations-documentation-getDocsJson .responses-inner").waitFor({ timeout: 10_000 });

    expect(await page.locator(".info .title").textContent()).toContain("Gatehouse");
    expect(seen).toMatchObject({ outside: [], errors: [] });
    expect(seen.inside.some((url) => url === `${origin}/docs/json`)).toBe(true);
  },
  60_000,
);

browserTest(
  "the viewer calls the server under its own policy",
  async () => {
    await using context = await browser.newContext();
    const page = await context.newPage();
    const seen = await watchPage(page, origin);
    await page.goto(`${origin}/docs#/documentation/getHome`);
    const block = page.locator("#operations-documentation-getHome");
    await block.locator(".opblock-body").waitFor({ timeout: 20_000 });

    await block.getByRole("button", { name: "Try it out" }).click();
    await block.getByRole("button", { name: "Execute" }).click();
    await block.locator(".live-responses-table", { hasText: "1.2.3" }).waitFor({ timeout: 10_000 });

    expect(seen).toMatchObject({ outside: [], errors: [] });
  },
  60_000,
);

browserTest.each(["light", "dark"] as const)(
  "the start page keeps its own policy, %s",
  async (colorScheme) => {
    await using context = await browser.newContext({ colorScheme });
    const page = await context.newPage();
    const seen = await watchPage(page, origin);

    await page.goto(`${origin}/`);
    const background = await page.evaluate("getComputedStyle(document.body).backgroundColor");
    const links = await page.locator("a").evaluateAll((all) => all.map((one) => one.getAttribute("href")));

    expect(background).toBe(colorScheme === "light" ? "rgb(244, 245, 247)" : "rgb(20, 23, 26)");
    expect(links).toEqual(["/docs", "/docs/json", "/health", "/api/v1/readyz", "/health/db", "/f/contact"]);
    expect(seen).toMatchObject({ outside: [], errors: [] });
  },
  30_000,
);
