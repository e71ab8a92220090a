import { describe, expect, test } from "bun:test";
import { catalogue } from "#/modules/forms/catalogue/catalogue";
import { compileForm } from "#/modules/forms/catalogue/compile-form";
import { exampleOf, jsonSchemaOf, requestBodyOf } from "#/modules/forms/catalogue/describe-form";
import { readPost } from "#/modules/forms/intake/read-post";
import { encodePost, encodings } from "../support/encode-post";

describe.each(catalogue.map((definition) => [definition.slug, definition] as const))(
  "%s",
  (slug, definition) => {
    const form = compileForm(definition);

    test("has a slug, doors and words in both languages", () => {
      expect(slug).toMatch(/^[a-z0-9][a-z0-9_-]{0,63}$/);
      expect(definition.doors).toContain(`/f/${slug}`);
      for (const texts of [definition.title, ...definition.fields.map(({ label }) => label)]) {
        expect(texts).toEqual({ en: expect.stringMatching(/\S/), de: expect.stringMatching(/\S/) });
      }
    });

    test("accepts its own examples in every encoding", async () => {
      for (const encoding of encodings) {
        for (const example of [exampleOf(definition), exampleOf(definition, true)]) {
          const { bytes, type } = await encodePost(example, encoding);

          const checked = form.check(readPost(form, bytes, type), "en");

          expect(checked).toMatchObject({ ok: true, fields: example });
        }
      }
    });

    test("is described as plain JSON Schema, the same for every encoding", () => {
      const { required, content } = requestBodyOf(form) as {
        required: boolean;
        content: Record<string, { schema: unknown }>;
      };

      expect(required).toBe(true);
      expect(Object.keys(content)).toEqual([
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
      ]);
      for (const { schema } of Object.values(content)) expect(schema).toEqual(jsonSchemaOf(form));
      expect(jsonSchemaOf(form)).toMatchObject({
        type: "object",
        required: definition.fields.filter((field) => field.required).map(({ name }) => name),
        properties: { _next: { type: "string" }, email: { type: "string", format: "email", maxLength: 254 } },
      });
    });
  },
);

test("asks for exactly the documented fields at the documented doors", () => {
  const table = catalogue.map(({ slug, fields, doors }) => {
    const names = (isRequired: boolean) =>
      fields
        .filter(({ required = false }) => required === isRequired)
        .map(({ name }) => name)
        .sort()
        .join(" ");
    return [slug, doors.join(" "), names(true), names(false)];
  });

  expect(table).toEqual([
    ["contact", "/api/contact /api/v1/contact /f/contact", "email message name", ""],
    [
      "demo-request",
      "/api/demo-request /f/demo-request",
      "company email name",
      "job_title message phone preferred_date service_interest",
    ],
    [
      "quote-request",
      "/api/quote-request /f/quote-request",
      "company email message name",
      "budget_range phone service_interest timeline volume",
    ],
    ["waitlist", "/api/v1/waitlist /f/waitlist", "email", "company name referral_token role source"],
    [
      "investor_interest",
      "/api/v1/investor_interest /f/investor_interest",
      "email name",
      "firm message ticket_size",
    ],
    [
      "pilot_request",
      "/api/v1/pilot_request /f/pilot_request",
      "company email name",
      "message phone role start_date team_size use_case",
    ],
  ]);
});
