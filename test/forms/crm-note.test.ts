import { expect, test } from "bun:test";
import fc from "fast-check";
import { catalogue } from "#/modules/forms/catalogue/catalogue";
import { crmContact } from "#/modules/forms/delivery/crm-contact";
import { crmNote } from "#/modules/forms/delivery/crm-note";

const form = catalogue.find(({ slug }) => slug === "contact")!;
const id = "0199f3c2-0000-7000-8000-000000000001";
const noteOf = (fields: Record<string, string | readonly string[]>) =>
  crmNote(form, { id, form: "contact", fields });

test("a note has room at HubSpot and holds only our own markup, whatever the fields hold", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.string({ unit: "grapheme", minLength: 20_000, maxLength: 30_000, size: "max" }),
    fc.constantFrom(
      "&".repeat(60_000),
      "<img src=x onerror=alert(1)>",
      "\r\n".repeat(40_000),
      "😀".repeat(40_000),
    ),
  );
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ minLength: 1, maxLength: 100 }), text, { maxKeys: 6 }),
      (fields) => {
        const note = noteOf(fields);

        expect(note.length).toBeLessThanOrEqual(65_000);
        expect(note.replace(/<\/?(p|strong|br)>/g, "")).not.toMatch(/[<>]/);
      },
    ),
    { numRuns: 60 },
  );
});

test("a long text is cut, not left out, and the note says so", () => {
  const note = noteOf({ name: "Ada", message: "&".repeat(60_000), source: "later" });

  expect(note.length).toBeWithin(64_900, 65_001);
  expect(note).toContain("&amp;".repeat(12_000));
  expect(note).toEndWith("<p>Shortened. The whole message is in Gatehouse.</p>");
});

test("fields come in the order of the form, then the others, several values on lines", () => {
  const note = noteOf({ colours: ["red", "blue"], message: "Hello", name: "Ada" });

  const places = ["Ada", "Hello", "red<br>blue"].map((text) => note.indexOf(text));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places).not.toContain(-1);
});

test("a contact has the fields that have a property, and no empty one", () => {
  const fields = { company: "Engines", phone: " ", colours: ["red", "blue"], message: "Hello" };
  const propertyOf = (field: string) => (field === "message" ? undefined : field);

  expect(crmContact({ emailNormalised: "ada@example.com", fields }, propertyOf)).toEqual({
    email: "ada@example.com",
    properties: { company: "Engines", colours: "red;blue" },
  });
  expect(crmContact({ emailNormalised: null, fields }, propertyOf)).toBeUndefined();
});
