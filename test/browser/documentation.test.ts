import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { lacksBrowser, openBrowser, watchPage } from "../support/browser";
import { type Started, startExecutable } from "../support/executable";
import { temporaryFolder } from "../support/folder";

const folder = temporaryFolder();
let service: Started;
let browser: Browser;

beforeAll(async () => {
  if (lacksBrowser) return;
  service = await startExecutable({ DATA_DIR: join(folder.path, "data"), ENV: "development" });
  browser = await openBrowser();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await service?.kill();
  folder[Symbol.dispose]();
});

test.skipIf(lacksBrowser)(
  "the executable shows the HTML of a form to paste, and asks no other host for anything",
  async () => {
    await using context = await browser.newContext();
    const page = await context.newPage();
    const seen = await watchPage(page, service.url);

    await page.goto(`${service.url}/docs#/forms/postApiContact`);
    const contact = page.locator("#operations-forms-postApiContact");
    const snippet = contact.locator(".opblock-description code", { hasText: "<form" });
    await snippet.waitFor({ timeout: 20_000 });

    expect(await snippet.textContent()).toContain('method="post"');
    expect(await contact.locator(".responses-inner").textContent()).toContain("Form received");
    expect(seen).toMatchObject({ outside: [], errors: [] });
  },
  60_000,
);
