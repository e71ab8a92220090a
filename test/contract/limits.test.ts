import { expect, test } from "bun:test";
import { contact } from "../support/sample-posts";
import { browser, openWorld } from "../support/world";

const world = await openWorld({
  env: {
    NOTIFY_EMAIL: "",
    RATE_LIMIT: "on",
    FORMS_RATE_CLIENT_FORM: "2/60s",
    FORMS_RATE_CLIENT: "3/60s",
    FORMS_RATE_ATTEMPTS: "6/60s",
    RATE_LIMIT_ALLOW: "203.0.113.0/24",
  },
});

let visitors = 0;
/** A visitor of whom nobody has heard yet, behind the proxy on this machine. */
const newVisitor = () => {
  const headers = { "x-forwarded-for": `198.51.100.${++visitors}` };
  return (text: string, more: Record<string, string> = {}, door = "/f/contact") =>
    world.post(door, { ...contact, message: text }, { headers: { ...headers, ...more } });
};

world.describe("rate limits", () => {
  test("let as many messages through as they say, and then say how long to wait", async () => {
    const send = newVisitor();

    const answers = [await send("one"), await send("two"), await send("three")];

    const limits = answers.map(({ status, headers }) => [
      status,
      headers.get("ratelimit-policy"),
      headers.get("ratelimit"),
    ]);
    expect(limits).toEqual([
      [200, '"form";q=2;w=60', '"form";r=1;t=60'],
      [200, '"form";q=2;w=60', expect.stringMatching(/^"form";r=0;t=(60|59|58|57|56|55)$/)],
      [429, '"form";q=2;w=60', expect.stringMatching(/^"form";r=0;t=(60|59|58|57|56|55)$/)],
    ]);
    const seconds = answers[2]?.headers.get("retry-after");
    expect(await answers[2]?.text()).toBe(
      `{"error":"Too many messages. Try again in ${seconds} seconds.","code":"rate_limited","retry_after":${seconds}}`,
    );
    expect((await world.traces()).tables.submissions).toHaveLength(2);
  });

  test("speak the voice of the door", async () => {
    const send = newVisitor();
    for (const text of ["one", "two"]) await send(text, {}, "/api/v1/contact");

    const answer = await send("three", {}, "/api/v1/contact");

    const seconds = answer.headers.get("retry-after");
    expect(await answer.json()).toEqual({
      type: "about:blank",
      title: "Too Many Requests",
      status: 429,
      detail: `Too many messages. Try again in ${seconds} seconds.`,
      code: "rate_limited",
      request_id: answer.headers.get("x-request-id"),
    });
  });

  test("count all forms together, and each visitor alone", async () => {
    const [send, another] = [newVisitor(), newVisitor()];

    const statuses = [
      await send("one"),
      await send("two", {}, "/f/investor_interest"),
      await send("three", {}, "/f/waitlist"),
      await send("four", {}, "/f/waitlist"),
      await another("one"),
    ].map(({ status }) => status);

    expect(statuses).toEqual([200, 200, 200, 429, 200]);
  });

  test("hold no network that is exempt", async () => {
    const send = (text: string, address: string) =>
      world.post("/f/contact", { ...contact, message: text }, { headers: { "x-forwarded-for": address } });

    const answers = [];
    for (const text of ["one", "two", "three", "four"]) answers.push(await send(text, "203.0.113.9"));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(answers[3]?.headers.get("ratelimit")).toBeNull();
  });

  test("count what was refused, too", async () => {
    const send = newVisitor();

    const statuses: number[] = [];
    for (let post = 0; post < 7; post++) statuses.push((await send(" ")).status);

    expect(statuses).toEqual([400, 400, 400, 400, 400, 400, 429]);
  });

  test("do not punish whoever repeats a message that arrived", async () => {
    const send = newVisitor();
    const key = { "idempotency-key": `first-${visitors}` };
    await send("one", key);
    await send("two");

    const [repeated, other] = [await send("one", key), await send("three")];

    expect([repeated.status, repeated.headers.get("idempotency-replayed")]).toEqual([200, "true"]);
    expect(repeated.headers.get("retry-after")).toBeNull();
    expect(other.status).toBe(429);
  });

  test("show a person a page that keeps the text and names the wait", async () => {
    const send = newVisitor();
    const person = { ...browser, "x-forwarded-for": `198.51.100.${visitors}` };
    for (const text of ["one", "two"]) await send(text);

    const answer = await world.post(
      "/f/contact",
      { ...contact, message: "Do not lose me" },
      { encoding: "urlencoded", headers: person },
    );

    const text = await answer.text();
    expect([answer.status, answer.headers.get("content-type")]).toEqual([429, "text/html; charset=utf-8"]);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(50);
    expect(text).toContain("Do not lose me");
    expect(text).toMatch(/wait \d+ seconds/);
  });

  test("keep the text also where too many attempts were made", async () => {
    const send = newVisitor();
    const person = { ...browser, "x-forwarded-for": `198.51.100.${visitors}` };
    for (let post = 0; post < 6; post++) await send(" ");

    const answer = await world.post("/f/contact", contact, { encoding: "multipart", headers: person });

    expect(answer.status).toBe(429);
    expect(await answer.text()).toContain(contact.message as string);
  });
});
