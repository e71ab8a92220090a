import { expect, test } from "bun:test";
import { browser, openWorld } from "../support/world";

const world = await openWorld();
const name = '"><script>alert(1)</script>';
const fields = { name: "Ada", email: "ada@example.com", message: "Hello", [name]: "a\0b" };

world.describe("a field that nobody declared and whose text cannot be stored", () => {
  test.each([
    ["/f/contact", 400, { fields: { "*": { code: "invalid_text" } } }],
    ["/api/v1/contact", 422, { errors: [{ field: "*", code: "invalid_text" }] }],
  ])("is not called by its name in the JSON of %s", async (door, status, expected) => {
    const answer = await world.post(door, fields);

    const text = await answer.text();
    expect(answer.status).toBe(status);
    expect(JSON.parse(text)).toMatchObject(expected);
    expect(text).not.toContain("script");
  });

  test("is called by its name where that is a plain word", async () => {
    const answer = await world.post("/f/contact", { ...fields, [name]: "x", company: "a\0b" });

    expect(await answer.json()).toMatchObject({ fields: { company: { code: "invalid_text" } } });
  });

  test("stands on the page under the name it was sent with, escaped", async () => {
    const answer = await world.post("/f/contact", fields, { encoding: "urlencoded", headers: browser });

    const page = await answer.text();
    expect(answer.status).toBe(400);
    expect(page).toContain("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(page).not.toContain("<script");
  });
});
