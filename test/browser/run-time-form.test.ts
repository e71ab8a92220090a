import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { lacksBrowser, openBrowser } from "../support/browser";
import { askAs, feedback, masterCode } from "../support/team-forms";
import { openWorld } from "../support/world";

const world = await openWorld({ env: { DEV_MASTER_OTP: masterCode } });
let browser: Browser | undefined;
beforeAll(async () => {
  if (!lacksBrowser) browser = await openBrowser();
});
afterAll(async () => browser?.close());

(lacksBrowser ? test.skip : test)(
  "a form that the team has just added is sent from its own page, without script",
  async () => {
    const dev = await askAs(world, "dev");
    await dev("/forms", "POST", feedback);
    const context = await browser!.newContext({ javaScriptEnabled: false, locale: "de-DE" });
    const page = await context.newPage();
    await page.goto(`${world.url}/f/feedback`);
    const labels = await page.locator("label").allTextContents();

    await page.getByLabel("E-mail").fill("ada@example.com");
    await page.getByLabel("Ihre Worte").fill("Erste Zeile\nzweite");
    await page.getByLabel("Mood").selectOption("good");
    await page.getByRole("button").click();
    await page.waitForURL(/\/f\/feedback\/thanks/);

    expect(labels.join()).toContain("Ihre Worte");
    expect(await page.locator("html").getAttribute("lang")).toBe("de");
    const { submissions } = (await world.traces()).tables;
    expect(submissions).toMatchObject([
      {
        form: "feedback",
        form_version: 1,
        fields: { email: "ada@example.com", words: "Erste Zeile\nzweite", mood: "good" },
      },
    ]);
    await context.close();
  },
  60_000,
);
