import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

const executablePath = "/usr/bin/chromium";

/** Whether this machine has no Chromium to test with; `REQUIRE_SERVICES=1` makes that a failure instead. */
export const lacksBrowser = !existsSync(executablePath) && process.env.REQUIRE_SERVICES !== "1";
if (lacksBrowser) console.error(`Skipped: no Chromium at ${executablePath}`);

const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Debian's Chromium, without a screen and without calls of its own. Close it at the end. */
export const openBrowser = (): Promise<Browser> => chromium.launch({ executablePath, args });

/**
 * What a page tries and what goes wrong in it. Requests to another origin than `origin` are blocked and listed; so are
 * errors of the console, breaches of the page's policy among them.
 */
export async function watchPage(page: Page, origin: string) {
  const seen = { outside: [] as string[], errors: [] as string[], inside: [] as string[] };
  await page.route("**/*", (route) => {
    const url = route.request().url();
    const isOurs = url.startsWith(`${origin}/`) || /^(data|blob):/.test(url);
    (isOurs ? seen.inside : seen.outside).push(url);
    return isOurs ? route.continue() : route.abort();
  });
  page.on("console", (message) => {
    if (message.type() === "error") seen.errors.push(message.text());
  });
  page.on("pageerror", (error) => seen.errors.push(error.message));
  return seen;
}
