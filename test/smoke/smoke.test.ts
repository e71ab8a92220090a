import { afterAll, describe, expect, test } from "bun:test";
import { isProtected, leastRole } from "../support/access";
import { embeddedPlace, kindsUnderTest, openPlaces } from "../support/databases";
import { startExecutable } from "../support/executable";
import { prepareCall, printedLinks, type Stage, signedCalls, signInAs } from "../support/live-calls";
import { type Answer, checkHeaders, createAnswerCheck, type OpenApi, operationsOf } from "../support/openapi";
import { addResidents } from "../support/residents";
import { startSmtp } from "../support/smtp";
import { fillPath, type Input, inputsOf, planted, wrongMethods } from "./inputs";

const places = await openPlaces();
afterAll(places.close);

async function ask(url: string, { path, method, headers, body }: Omit<Input, "title">): Promise<Answer> {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers,
    redirect: "manual",
    ...(body !== undefined && { body: body as string }),
  });
  return { status: answer.status, headers: answer.headers, body: await answer.text() };
}

/** A page may show what was typed; a refusal to a program repeats none of it. */
const repeats = ({ status, headers, body }: Answer) =>
  status >= 400 && !headers.get("content-type")?.startsWith("text/html") && body.includes(planted);

/** Whether a path is also one of a template: `export` is an id too, for methods that it does not take itself. */
const fits = (template: string, path: string) =>
  new RegExp(`^${template.replace(/\{\w+\}/g, "[^/]+")}$`).test(path);

console.error("skipped: the documented calls of links that are printed, not mailed (test/accounts has them)");
console.error(
  "skipped: the documented calls that a vendor signs (test/forms/sendgrid-events.test.ts has them)",
);

describe.each(places.kinds)("the executable on %s", (kind) => {
  test("answers every operation as documented, whatever it is sent", async () => {
    using place = await places.open(kind);
    const residents = await addResidents(place, { user: 90, editor: 60, dev: 90 });
    const smtp = await startSmtp();
    const running = await startExecutable({
      ...place.env,
      SMTP_URL: smtp.url,
      MAIL_FROM: "Site <site@example.com>",
      NOTIFY_EMAIL: "team@example.com",
      WHITELISTED_EMAILS: "@example.com",
    });
    const stage: Stage = {
      send: (path, init) => fetch(`${running.url}${path}`, init),
      mails: smtp.messages,
      person: async (role) => residents.take(role),
    };
    const get = (path: string) => ask(running.url, { path, method: "GET", headers: {} });
    const { started_at } = JSON.parse((await get("/api/v1/healthz")).body);
    const document = JSON.parse((await get("/docs/json")).body) as OpenApi;
    const operations = operationsOf(document);
    const complaintsOf = createAnswerCheck(document);
    const complaints: string[] = [];
    let asked = 0;
    const note = (input: Input, answer: Answer, found: string[]) => {
      asked += 1;
      complaints.push(
        ...found.map(
          (one) => `${input.method} ${input.path.slice(0, 60)} (${input.title}) ${answer.status}: ${one}`,
        ),
      );
    };

    for (const operation of operations) {
      const { method, path } = operation;
      let actor = isProtected(method, path) ? await signInAs(stage, leastRole(method, path)) : undefined;
      for (const input of await inputsOf(operation, () => prepareCall(stage, operation))) {
        const send = () =>
          ask(running.url, { ...input, headers: { ...actor?.authorization, ...input.headers } });
        let answer = await send();
        // A call that was taken after all may have ended the session.
        if (answer.status === 401 && !input.valid && actor) {
          actor = await signInAs(stage, actor.role, actor);
          answer = await send();
        }
        const found = complaintsOf(operation, answer);
        const isPrinted = printedLinks.test(path) || signedCalls.test(path);
        if (input.valid && answer.status >= 400 && !isPrinted) found.push("the documented call is refused");
        if (repeats(answer)) found.push("repeats what was sent");
        note(input, answer, found);
      }
    }
    for (const path of Object.keys(document.paths)) {
      const known = operations.filter((operation) => operation.path === path);
      const [one] = known;
      if (!one) continue;
      const others = operations.filter(({ path: other }) => other !== path && fits(other, fillPath(one)));
      for (const input of wrongMethods(fillPath(one), [...known, ...others])) {
        const answer = await ask(running.url, input);
        const allowed = answer.headers.get("allow")?.split(/,\s*/) ?? [];
        const found = complaintsOf({ ...one, responses: { default: one.responses.default ?? {} } }, answer);
        if (answer.status !== 405) found.push("not 405");
        if (known.some(({ method }) => !allowed.includes(method))) found.push(`Allow: ${allowed}`);
        note(input, answer, found);
      }
    }

    console.error(
      `${kind}: ${operations.length} operations, ${asked} calls, ${complaints.length} complaints`,
    );
    expect(complaints).toEqual([]);
    expect(operations.length).toBeGreaterThan(15);
    expect((await get("/health")).status).toBe(200);
    expect(JSON.parse((await get("/api/v1/healthz")).body).started_at).toBe(started_at);
    expect(await running.kill()).toBe(0);
    await smtp.stop();
  }, 120_000);
});

test.each(kindsUnderTest("embedded"))(
  "%s: the pages of the documentation are served whole, and from here",
  async () => {
    using place = embeddedPlace();
    const running = await startExecutable(place.env);
    const get = (path: string) => ask(running.url, { path, method: "GET", headers: {} });

    for (const path of ["/docs", "/api/v1/docs"]) {
      const page = await get(path);
      const files = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file = ""]) => file);
      const linked = files.filter((file) => !file.startsWith("data:"));

      expect({ status: page.status, complaints: checkHeaders(page) }).toEqual({
        status: 200,
        complaints: [],
      });
      expect(linked.filter((file) => !/^\/[^/]/.test(file))).toEqual([]);
      expect(linked.length).toBeGreaterThan(1);
      for (const file of linked) {
        const answer = await get(file);
        expect({ file, status: answer.status, complaints: checkHeaders(answer) }).toEqual({
          file,
          status: 200,
          complaints: [],
        });
        expect(answer.body.length).toBeGreaterThan(100);
      }
    }
    await running.kill();
  },
  30_000,
);
