import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { lacksBrowser, openBrowser } from "../support/browser";
import { openPlaces, type Place } from "../support/databases";
import { type Started, startExecutable } from "../support/executable";
import type { PostgresServer } from "../support/postgres";
import { until } from "../support/until";
import { fill, readFields, type Site, send, startSite, typed } from "./site";

const places = await openPlaces("postgres");
const kinds = lacksBrowser ? [] : places.kinds;
let place: Place;
let running: Started;
let site: Site;
let browser: Browser;

beforeAll(async () => {
  if (kinds.length === 0) return;
  place = await places.open("postgres");
  running = await startExecutable({
    ...place.env,
    RATE_LIMIT: "on",
    FORMS_RATE_CLIENT_FORM: "2/60s",
    FORMS_OWNER_ADDRESS: "owner@example.com",
  });
  site = startSite(() => `${running.url}/f/contact`);
  browser = await openBrowser();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await running?.kill();
  await site?.stop();
  await places.close();
  place?.[Symbol.dispose]();
});

async function visit(): Promise<Page> {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(`${site.origin}/contact?next=${site.origin}/thanks`);
  return page;
}

describe.each(kinds)("a message that cannot be taken now, from a browser without script, %s", () => {
  test("keeps the text while the database is away, and takes it from that page once it is back", async () => {
    const postgres = places.server as PostgresServer;
    const page = await visit();
    await fill(page, typed);
    await postgres.halt("fast");

    const status = await send(page);

    expect(status).toBe(503);
    expect(await readFields(page)).toEqual(typed);
    expect(await page.getByText("owner@example.com").first().isVisible()).toBe(true);

    await postgres.start();
    await until(async () => (await fetch(`${running.url}/api/v1/readyz`)).ok, 15);
    await send(page);

    expect(page.url()).toBe(`${site.origin}/thanks`);
    const { rows } = await place.inspect(({ executeSql }) =>
      executeSql("select fields from gatehouse.submissions"),
    );
    expect(rows).toEqual([{ fields: expect.objectContaining(typed) }]);
  }, 60_000);

  test("keeps the text when a visitor sends too often, and says when to come back", async () => {
    const page = await visit();
    let status = 200;
    for (let sent = 0; status === 200 && sent < 5; sent++) {
      await page.goto(`${site.origin}/contact?next=${site.origin}/thanks`);
      await fill(page, { ...typed, name: `Number ${sent}` });
      status = await send(page);
    }

    expect(status).toBe(429);
    expect(await readFields(page)).toMatchObject({ email: typed.email, message: typed.message });
    expect(
      await page
        .getByText(/minute|second/)
        .first()
        .isVisible(),
    ).toBe(true);
  }, 60_000);
});
