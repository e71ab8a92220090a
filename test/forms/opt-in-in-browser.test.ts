import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { lacksBrowser, openBrowser } from "../support/browser";
import { optInToken } from "../support/opt-in";
import { openWorld } from "../support/world";

const world = await openWorld();

let browser: Browser;
beforeAll(async () => {
  if (!lacksBrowser) browser = await openBrowser();
}, 60_000);
afterAll(() => browser?.close());

world.describe("the page behind a mailed link, in a browser that runs no script", () => {
  test.skipIf(lacksBrowser)(
    "confirms by the keyboard, shows the place and the link to share, and does nothing when reloaded",
    async () => {
      await world.post("/api/v1/waitlist", { email: "ada@example.com" });
      const token = await optInToken(world, "ada@example.com");
      const context = await browser.newContext({ javaScriptEnabled: false, locale: "de-DE" });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("console", (message) => complaints.push(message.text()));
      page.on("request", (request) => request.url().startsWith(world.url) || complaints.push(request.url()));

      await page.goto(`${world.url}/f/-/confirm/${token}`);
      await page.reload();
      await world.settled();
      expect((await world.traces()).tables.waitlist_entries).toMatchObject([{ state: "pending" }]);
      await page.keyboard.press("Tab");
      expect(await page.locator("button:focus").textContent()).toBe("Ja, bestätigen");
      await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);

      expect(await page.locator("h1").textContent()).toBe("Vielen Dank, Ihre Adresse ist bestätigt");
      expect(await page.getAttribute("html", "lang")).toBe("de");
      const links = await page.locator("main a").evaluateAll((found) => found.map((one) => String(one)));
      expect(links.map((href) => new URL(href).pathname.split("/").slice(0, -1).join("/"))).toEqual([
        "/f/-/friends",
        "/f/-/waitlist",
      ]);
      expect((await world.traces()).tables.waitlist_entries).toMatchObject([{ state: "confirmed" }]);

      await page.goto(world.url + new URL(links[0] ?? "").pathname);
      await page.fill("[name=email]", "friend@example.com");
      await Promise.all([page.waitForEvent("load"), page.click("button")]);
      await world.settled();
      const [ada, friend] = (await world.traces()).tables.waitlist_entries ?? [];
      expect(friend).toMatchObject({ email_normalised: "friend@example.com", referred_by: ada?.id });
      expect(complaints).toEqual([]);
      await context.close();
    },
    120_000,
  );
});
