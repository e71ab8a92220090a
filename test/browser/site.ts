import type { Page } from "playwright-core";

export type Site = {
  /** `http://localhost:<port>`: for a browser another site than 127.0.0.1, where the executable listens. */
  origin: string;
  stop(): Promise<void>;
};

/**
 * A company's site as plain files: `/contact` holds the form, posted to `action`, `/contact?next=…` with a place to go
 * afterwards; `/thanks` is its own thank-you page.
 */
export function startSite(action: () => string): Site {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === "/contact") return page(contactForm(action(), searchParams.get("next")));
      if (pathname === "/thanks") return page("<h1>The site says thanks</h1>");
      return new Response(null, { status: pathname === "/favicon.ico" ? 204 : 404 });
    },
  });
  return { origin: `http://localhost:${server.port}`, stop: () => server.stop(true) };
}

const page = (body: string) =>
  new Response(`<!doctype html><html lang="en"><title>Site</title>${body}</html>`, {
    headers: { "content-type": "text/html; charset=utf-8" },
  });

const contactForm = (action: string, next: string | null) => `
  <form action="${action}" method="post">
    <input name="name"> <input name="email"> <textarea name="message"></textarea>
    ${next ? `<input type="hidden" name="_next" value="${next}">` : ""}
    <button>Send</button>
  </form>`;

export type Typed = { name: string; email: string; message: string };

export const typed: Typed = {
  name: 'Zoë "Z" <Müller>',
  email: "zoe@example.com",
  message: "First line\n\n  indented </textarea><b>&amp; 😀",
};

const fieldOf = (page: Page, name: string) => page.locator(`[name="${name}"]:not([type=hidden])`);

/** Types into the fields that are named, and into no other. */
export async function fill(page: Page, values: Partial<Typed>): Promise<void> {
  for (const [name, value] of Object.entries(values)) await fieldOf(page, name).fill(value);
}

/** What stands in the three fields. */
export async function readFields(page: Page): Promise<Typed> {
  const read = async (name: string) => (await fieldOf(page, name).inputValue()).replaceAll("\r\n", "\n");
  return { name: await read("name"), email: await read("email"), message: await read("message") };
}

/** Presses the button of the form and gives the status of the page that follows, redirects passed. */
export async function send(page: Page): Promise<number> {
  const shown = page.waitForEvent("response", (response) => {
    const status = response.status();
    return response.request().isNavigationRequest() && (status < 300 || status >= 400);
  });
  await page.locator("form button").last().click();
  const response = await shown;
  await page.waitForLoadState();
  return response.status();
}

/** The addresses that the page posts to from now on. */
export function watchPosts(page: Page): string[] {
  const posts: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST") posts.push(request.url());
  });
  return posts;
}
