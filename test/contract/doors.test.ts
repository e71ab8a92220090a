import { expect, test } from "bun:test";
import { encodings } from "../support/encode-post";
import { contact, doors } from "../support/sample-posts";
import { openWorld } from "../support/world";

const world = await openWorld({ env: { NOTIFY_EMAIL: "" } });

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/;
const required = { code: "required", message: "This field is required" };
const badEmail = "Enter one e-mail address, such as name@example.com";

const everyWay = doors.flatMap((door) => encodings.map((encoding) => ({ ...door, encoding })));

world.describe.each(everyWay)(
  "POST $door as $encoding",
  ({ door, slug, valid, required: names, problem, encoding }) => {
    // What the waitlist says besides: a mail asks to confirm.
    const more = slug === "waitlist" ? ',"confirmation":"sent"' : "";
    const post = (fields: object) => world.post(door, fields as Record<string, unknown>, { encoding });

    test("says that the message was received, after it was stored", async () => {
      const answer = await post(valid);

      const body = await answer.text();
      const [id = ""] = uuid.exec(body) ?? [];
      expect(answer.status).toBe(200);
      expect(body).toBe(
        door === "/api/contact"
          ? '{"status":"ok","message":"Form received"}'
          : `{"status":"ok","message":"Form received","ok":true,"id":"${id}","next":null${more}}`,
      );
      const { submissions } = (await world.traces()).tables;
      expect(submissions).toMatchObject([{ door, fields: valid, ...(id && { id }) }]);
    });

    test("names what is missing and stores nothing", async () => {
      const [last = ""] = names.slice(-1);
      const missing = { ...valid, page: "home", [last]: " \u200b\t" };

      const answer = await post(missing);

      const fields = { [last]: required };
      await expectRefusal(answer, problem, {
        plain: {
          error: "All fields are required",
          ...(door !== "/api/contact" && { code: "required", fields }),
        },
        problem: [422, "Unprocessable Content", "Some fields need attention", "invalid", fields],
      });
    });

    test("lets a missing field win over a broken one", async () => {
      const answer = await post({ ...valid, name: "n".repeat(201), [names.at(-1) as string]: "" });

      const body = (await answer.json()) as { error?: string; code?: string };
      expect(problem ? body.code : body.error).toBe(problem ? "invalid" : "All fields are required");
    });

    test("words another broken rule by its field", async () => {
      const answer = await post({ ...valid, email: "ada at example" });

      const fields = { email: { code: "invalid_email", message: badEmail } };
      await expectRefusal(answer, problem, {
        plain: { error: badEmail, code: "invalid", fields },
        problem: [422, "Unprocessable Content", "Some fields need attention", "invalid", fields],
      });
    });

    test("takes nothing at all for a form that nobody filled in", async () => {
      const answer = await post(encoding === "multipart" ? { name: "" } : {});

      const fields = Object.fromEntries(names.map((name) => [name, required]));
      await expectRefusal(answer, problem, {
        plain: {
          error: "All fields are required",
          ...(door !== "/api/contact" && { code: "empty", fields }),
        },
        problem: [400, "Bad Request", "Nothing was filled in", "empty", fields],
      });
    });
  },
);

type Fields = Record<string, { code: string; message: string }>;

/** Byte for byte, but for the request id, which must be the one of the header. */
async function expectRefusal(
  answer: Response,
  isProblem: boolean,
  expected: { plain: object; problem: [number, string, string, string, Fields] },
): Promise<void> {
  const [status, title, detail, code, fields] = expected.problem;
  const errors = Object.entries(fields).map(([field, { code, message }]) => ({
    field,
    code,
    detail: message,
  }));
  const request_id = answer.headers.get("x-request-id");
  const body = isProblem
    ? { type: "about:blank", title, status, detail, code, request_id, errors }
    : expected.plain;
  expect(await answer.text()).toBe(JSON.stringify(body));
  expect(answer.status).toBe(isProblem ? status : 400);
  expect(answer.headers.get("content-type")).toBe(
    isProblem ? "application/problem+json" : "application/json",
  );
  const { tables } = await world.traces();
  expect(Object.keys(tables)).toContain("submissions");
  expect(Object.values(tables).flat()).toEqual([]);
}

world.describe("a form without a body", () => {
  test.each([undefined, "application/json", "application/x-www-form-urlencoded", "text/plain"])(
    "sent as %p is answered in the documented words",
    async (type) => {
      const answer = await world.send("/api/contact", {
        method: "POST",
        ...(type && { headers: { "content-type": type } }),
      });

      const empty = [400, '{"error":"All fields are required"}'] as const;
      const unsupported = [415, expect.stringContaining('"code":"unsupported_media_type"')] as const;
      expect([answer.status, await answer.text()]).toEqual([
        ...(type === "text/plain" ? unsupported : empty),
      ]);
    },
  );

  test.each(["[]", "null", '"text"', "17"])("JSON that is no object, %s, has no fields", async (body) => {
    const answer = await world.send("/api/contact", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });

    expect([answer.status, await answer.text()]).toEqual([400, '{"error":"All fields are required"}']);
  });
});

test("the contact form's fields are those of the documentation", () => {
  expect(doors.find(({ door }) => door === "/api/contact")?.required).toEqual(Object.keys(contact));
});
