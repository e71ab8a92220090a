import { expect, test } from "bun:test";
import { contact } from "../support/sample-posts";
import { browser, openWorld } from "../support/world";

const site = "https://www.example.com";
const open = await openWorld({ env: { NOTIFY_EMAIL: "" } });
const listed = await openWorld({
  env: {
    NOTIFY_EMAIL: "",
    CORS_ALLOWED_ORIGINS: `${site},https://*.shop.example`,
    PUBLIC_URL: "https://api.example.com/",
  },
});

const visit = (fields: object, headers: Record<string, string> = {}, world = open) =>
  world.post("/f/contact", { ...fields }, { encoding: "urlencoded", headers: { ...browser, ...headers } });

open.describe("who gets a page", () => {
  test.each([
    ["a browser", {}, {}, true],
    ["a browser that names no mode", {}, { "sec-fetch-mode": "" }, true],
    ["_format=json", { _format: "json" }, {}, false],
    ["XMLHttpRequest", {}, { "x-requested-with": "XMLHttpRequest" }, false],
    ["fetch", {}, { "sec-fetch-mode": "cors" }, false],
    ["whoever wants JSON more", {}, { accept: "text/html;q=0.4, application/json" }, false],
    ["whoever takes anything", {}, { accept: "*/*" }, false],
  ])("%s", async (_who, fields, headers, isPage) => {
    const sent = Object.fromEntries(Object.entries({ ...browser, ...headers }).filter(([, value]) => value));
    const post = (more: object) =>
      open.post(
        "/f/contact",
        { ...fields, ...more },
        { encoding: "multipart", headers: sent as Record<string, string> },
      );

    const [stored, refused] = [await post(contact), await post({ name: "Ada" })];

    expect([stored.status, stored.headers.has("location")]).toEqual([isPage ? 303 : 200, isPage]);
    expect([refused.status, refused.headers.get("content-type")]).toEqual([
      400,
      isPage ? "text/html; charset=utf-8" : "application/json",
    ]);
  });

  test("nobody who sent JSON", async () => {
    const answer = await open.post("/f/contact", contact, { headers: browser });

    expect(answer.status).toBe(200);
  });
});

open.describe("after success, while no site is listed", () => {
  test.each([
    ["nothing", {}, {}, "/f/contact/thanks?lang=en"],
    ["another language", { _language: "de" }, {}, "/f/contact/thanks?lang=de"],
    ["a path", { _next: "/danke schön" }, {}, "/danke%20sch%C3%B6n"],
    ["the page's own site", { _next: `${site}/thanks` }, { origin: site }, `${site}/thanks`],
    ["its alias", { redirect: `${site}/thanks` }, { referer: `${site}/contact` }, `${site}/thanks`],
    ["another site", { _next: "https://evil.example/" }, { origin: site }, "/f/contact/thanks?lang=en"],
    ["a site nobody vouches for", { _next: `${site}/thanks` }, {}, "/f/contact/thanks?lang=en"],
    ["another host in disguise", { _next: "//evil.example/" }, {}, "/f/contact/thanks?lang=en"],
    ["a script", { _next: "javascript:alert(1)" }, {}, "/f/contact/thanks?lang=en"],
    ["a header of its own", { _next: "/x\r\nSet-Cookie: a=b" }, {}, "/xSet-Cookie:%20a=b"],
  ])("%s leads to the right place", async (_title, fields, headers, place) => {
    const answer = await visit({ ...contact, ...fields }, headers as Record<string, string>);

    expect([answer.status, answer.headers.get("location"), await answer.text()]).toEqual([303, place, ""]);
    expect(answer.headers.get("set-cookie")).toBeNull();
  });

  test("a script is told the place, and goes there itself", async () => {
    const answer = await open.post("/f/contact", { ...contact, _next: "/thanks" });

    expect(await answer.json()).toMatchObject({ next: "/thanks" });
  });

  test("a visitor sees that the message arrived, in their language", async () => {
    const pages = await Promise.all(
      ["en", "de", "<script>"].map((lang) => open.send(`/f/contact/thanks?lang=${encodeURIComponent(lang)}`)),
    );

    const texts = await Promise.all(pages.map((page) => page.text()));
    expect(pages.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(texts[0]).toContain('<html lang="en"');
    expect(texts[1]).toContain('<html lang="de"');
    expect(texts[2]).not.toContain("<script>");
  });
});

listed.describe("after success, where sites are listed", () => {
  test.each([
    ["a listed site", { _next: "https://example.com/thanks" }, "https://example.com/thanks"],
    ["one below it", { _next: "https://a.shop.example/x?y=1#z" }, "https://a.shop.example/x?y=1#z"],
    ["a path of ours", { _next: "/thanks" }, "https://api.example.com/thanks"],
    ["a site that is not listed", { _next: "https://evil.example/" }, "/f/contact/thanks?lang=en"],
    ["one with credentials", { _next: "https://a:b@www.example.com/" }, "/f/contact/thanks?lang=en"],
  ])("%s leads to the right place", async (_title, fields, place) => {
    const answer = await visit({ ...contact, ...fields }, { origin: site }, listed);

    expect([answer.status, answer.headers.get("location")]).toEqual([303, place]);
  });

  test("a page of mistakes lets the browser go there in the end", async () => {
    const answer = await visit({ _next: `${site}/thanks` }, { origin: site }, listed);

    expect(answer.headers.get("content-security-policy")).toContain(`form-action 'self' ${site};`);
  });

  test("a site that is not listed gets a page that says so, without what was typed", async () => {
    const answer = await visit(contact, { origin: "https://evil.example" }, listed);

    const text = await answer.text();
    expect(answer.status).toBe(403);
    expect(text).toContain("This page may not send messages here");
    expect(text).not.toContain("Ada");
  });
});

open.describe("the page of a mistake", () => {
  const typed = {
    name: 'Ada "<Countess>" & Co',
    email: "ada at example",
    message: "One\r\n<script>alert(1)</script>",
    budget: "10 > 5",
    _next: "/thanks",
    _subject: "Order 7",
    _id: "page-view-0000000001",
  };

  test("holds everything that was typed, and posts to the same door", async () => {
    const answer = await open.post("/api/v1/contact", typed, { encoding: "urlencoded", headers: browser });

    const page = await inputsOf(answer);
    expect(answer.status).toBe(422);
    expect(page.action).toBe("/api/v1/contact");
    expect(page.inputs).toMatchObject({
      name: typed.name,
      email: typed.email,
      message: "One\n<script>alert(1)</script>",
      budget: typed.budget,
      _next: typed._next,
      _subject: typed._subject,
    });
    expect(page.text).not.toContain("<script");
  });

  test("has a new key, so that the corrected message is another", async () => {
    const page = await inputsOf(await visit(typed));

    expect(page.inputs._id).toMatch(/^[\x21-\x7e]{16,255}$/);
    expect(page.inputs._id).not.toBe(typed._id);
  });

  test("sent again, corrected, is one message of the site it began on", async () => {
    const { inputs } = await inputsOf(await visit({ ...typed, _next: `${site}/thanks` }, { origin: site }));

    const again = { ...inputs, email: "ada@example.com" };
    const answer = await visit(again, { origin: open.url });

    expect([answer.status, answer.headers.get("location")]).toEqual([303, `${site}/thanks`]);
    expect((await open.traces()).tables.submissions).toMatchObject([
      { origin: site, fields: { name: typed.name, email: "ada@example.com", budget: typed.budget } },
    ]);
  });

  test.each([
    ["en", "One field needs your attention"],
    ["de", "Bitte"],
  ])("speaks %s", async (language, words) => {
    const answer = await visit({ ...typed, _language: language });

    const text = await answer.text();
    expect(text).toContain(`<html lang="${language}"`);
    expect(text).toContain(words);
  });

  test.each([
    [400, "We could not read what was sent", { "content-type": "multipart/form-data; boundary=b" }, "--c--"],
    [415, "We could not read what was sent", { "content-type": "text/plain" }, "name=Ada"],
    [
      413,
      "The message is too large",
      { "content-type": "application/x-www-form-urlencoded" },
      "x=".repeat(600_000),
    ],
  ])("is a plain page with %d where nothing could be read", async (status, words, headers, body) => {
    const answer = await open.send("/f/contact", {
      method: "POST",
      headers: { ...browser, ...(headers as Record<string, string>) },
      body,
    });

    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain(`<h1>${words}</h1>`);
  });
});

open.describe("the form itself", () => {
  test("is a page that can be filled in and sent", async () => {
    const shown = await open.send("/f/contact", { headers: browser });

    const { inputs, action } = await inputsOf(shown);
    expect([shown.status, action, Object.keys(inputs)]).toEqual([
      200,
      "/f/contact",
      ["name", "email", "message", "_id", "_t", "_gotcha"],
    ]);
    const answer = await visit({ ...inputs, ...contact });
    expect(answer.status).toBe(303);
  });

  test("reflects nothing of its address", async () => {
    const answer = await open.send("/f/contact?name=Mallory&_next=//evil.example", { headers: browser });

    expect(await answer.text()).not.toMatch(/Mallory|evil/);
  });
});

/** What a browser would send from the page. */
async function inputsOf(answer: Response) {
  const text = await answer.clone().text();
  const inputs: Record<string, string> = {};
  let action = "";
  let area = "";
  await new HTMLRewriter()
    .on("form", {
      element(form) {
        action = form.getAttribute("action") ?? "";
      },
    })
    .on("input", {
      element(input) {
        inputs[input.getAttribute("name") ?? ""] = decode(input.getAttribute("value") ?? "");
      },
    })
    .on("textarea", {
      element(element) {
        area = element.getAttribute("name") ?? "";
        inputs[area] = "";
      },
      text(chunk) {
        inputs[area] += decode(chunk.text);
      },
    })
    .transform(answer)
    .text();
  // The first line break inside a text area is not part of it (HTML, "the textarea element").
  if (inputs.message) inputs.message = inputs.message.replace(/^\n/, "");
  return { inputs, action, text };
}

const named: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  "#39": "'",
  "#10": "\n",
  "#13": "\r",
};
const decode = (text: string) => text.replace(/&(#?\w+);/g, (whole, name: string) => named[name] ?? whole);
