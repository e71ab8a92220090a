import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { URI } from "otpauth";
import type { Browser, Page } from "playwright-core";
import { lacksBrowser, openBrowser, watchPage } from "../support/browser";
import { embeddedPlace, kindsUnderTest } from "../support/databases";
import { type Started, startExecutable } from "../support/executable";
import { until } from "../support/until";

const kinds = lacksBrowser ? [] : kindsUnderTest("embedded");
const place = embeddedPlace();
const password = "correct horse battery";
let running: Started;
let browser: Browser;

beforeAll(async () => {
  if (kinds.length === 0) return;
  running = await startExecutable({
    ...place.env,
    ENV: "production",
    SECRET_KEY: "Vw7xqk2nQ0c4m1hTzR8eYbL5sJ9pAfUd",
  });
  browser = await openBrowser();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await running?.kill();
  place[Symbol.dispose]();
});

/** What the page's QR code and its link hold; the app of the test. */
async function readApp(page: Page) {
  const uri = await page.getByRole("link", { name: "open the app" }).getAttribute("href");
  return URI.parse(uri ?? expect.unreachable("the page has no link for the app"));
}

const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();

describe.each(kinds)("a first start in production, %s", () => {
  test("leads in a browser without script from the link to a dev with an app and recovery codes", async () => {
    const file = join(place.env.DATA_DIR ?? "", "setup-link");
    await until(() => running.output().includes("accounts.setup_link_written"), 10);
    const { pathname } = new URL(readFileSync(file, "utf8").trim());
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    const seen = await watchPage(page, running.url);

    await page.goto(running.url + pathname);
    expect(await page.getByRole("button").allTextContents()).toEqual(["Go on"]);
    await page.getByLabel("E-mail address").fill("ada@example.com");
    await page.getByLabel("Password").fill("password123");
    await press(page, "Go on");
    expect(await page.getByRole("alert").textContent()).toContain("most used");
    expect(await page.getByLabel("E-mail address").inputValue()).toBe("ada@example.com");
    await page.getByLabel("Password").fill(password);
    await press(page, "Go on");

    await page.waitForURL((url) => url.pathname.startsWith("/account/enrol/"));
    const app = await readApp(page);
    const picture = await page.getByRole("img").boundingBox();
    expect([picture?.width, picture?.height]).toEqual([240, 240]);
    await page.getByLabel("The code that the app shows now").fill("12345");
    await press(page, "Confirm");
    expect(await page.getByRole("alert").textContent()).toContain("This code is wrong");
    await page.getByLabel("The code that the app shows now").fill(app.generate());
    await press(page, "Confirm");

    const codes = await page.locator("li code").allTextContents();
    expect(codes).toHaveLength(10);
    // A refusal is an error of the console; a breach of the page's policy would be another.
    expect(seen.outside).toEqual([]);
    expect(seen.errors.filter((text) => !/status of (403|422)/.test(text))).toEqual([]);

    await page.goto(running.url + pathname);
    await page.getByLabel("E-mail address").fill("eve@example.com");
    await page.getByLabel("Password").fill(password);
    await press(page, "Go on");
    expect(await page.getByRole("alert").textContent()).toContain("There is an account already");

    const log = running.output();
    const planted = [password, pathname.slice("/account/setup/".length), ...codes];
    expect(planted.filter((one) => log.includes(one))).toEqual([]);
    expect(log).toContain('"route":"/account/enrol/:token"');
    await running.kill();
    const { rows } = await place.inspect(({ executeSql }) =>
      executeSql(
        "select email, role, verified_at is not null as verified, confirmed_at is not null as app from gatehouse.users join gatehouse.totp_factors on user_id = id",
      ),
    );
    expect(rows).toEqual([{ email: "ada@example.com", role: "dev", verified: true, app: true }]);
  }, 60_000);
});
