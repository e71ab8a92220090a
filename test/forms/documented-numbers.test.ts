import { expect, test } from "bun:test";
import { compiledForms } from "#/modules/forms/catalogue/compiled-forms";
import { jsonSchemaOf } from "#/modules/forms/catalogue/describe-form";
import { openWorld } from "../support/world";

const world = await openWorld();
const fields = { name: "Ada", email: "ada@example.com", message: "Hello" };

type Documented = { anyOf: { type: string; minimum?: number; maximum?: number }[] };
const documented = jsonSchemaOf(compiledForms.get("contact")!).additionalProperties as Documented;
const { minimum = 0, maximum = 0 } = documented.anyOf.find(({ type }) => type === "number") ?? {};

world.describe("a number in a field that nobody declared", () => {
  test.each([minimum, maximum])("is taken up to the documented bound %p", async (bound) => {
    const answer = await world.post("/f/contact", { ...fields, budget: bound });

    const { submissions } = (await world.traces()).tables;
    expect(answer.status).toBe(200);
    expect(submissions).toMatchObject([{ fields: { budget: String(bound) } }]);
  });

  test.each([minimum - 1, maximum + 1])("is refused beyond it: %p", async (beyond) => {
    const answer = await world.post("/f/contact", { ...fields, budget: beyond });

    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ fields: { budget: { code: "not_text" } } });
  });
});
