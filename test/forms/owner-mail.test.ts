import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { FormDefinition } from "#/modules/forms/catalogue/form-definition";
import { type OwnerMail, ownerMail } from "#/modules/forms/delivery/owner-mail";

const form: FormDefinition = {
  slug: "contact",
  title: { en: "Contact", de: "Kontakt" },
  fields: [
    { name: "name", type: "text", label: { en: "Name", de: "Name" } },
    { name: "topics", type: "choices", label: { en: "Topics", de: "Themen" } },
    { name: "message", type: "longtext", label: { en: "Message", de: "Nachricht" } },
  ],
  unlisted: "keep",
  allowedOrigins: [],
  doors: ["/f/contact"],
  open: true,
};
const given: OwnerMail = {
  form,
  to: ["team@example.com"],
  replyTo: "ada@example.org",
  submission: {
    id: "0199f3c2-0000-7000-8000-000000000001",
    receivedAt: new Date("2026-11-21T06:41:00Z"),
    fields: { page: "home", message: "Hello,\nplease call.", topics: ["One", "Two"], name: "Ada" },
  },
};

describe("ownerMail", () => {
  test("says everything once, declared fields first and in their order", () => {
    const mail = ownerMail(given);

    expect(mail).toMatchObject({
      to: ["team@example.com"],
      replyTo: "ada@example.org",
      subject: "Contact: new message",
      language: "en",
    });
    expect(mail.text).toBe(`A message arrived by the form “Contact”.

Name:
  Ada

Topics:
  One
  Two

Message:
  Hello,
  please call.

page:
  home

Received: November 21, 2026 at 6:41 AM UTC
Number: 0199f3c2-0000-7000-8000-000000000001

Reply to this mail to answer the sender.`);
  });

  test("speaks the form's language, names the score above 0 and links the console", () => {
    const mail = ownerMail({
      ...given,
      form: { ...form, language: "de" },
      spam: { score: 2.75, reasons: ["many_links", "honeypot"] },
      consoleUrl: "https://api.example.com/console/1?a=1&b=2",
    });

    expect(mail.subject).toBe("Kontakt: neue Nachricht");
    expect(mail.language).toBe("de");
    expect(mail.text).toContain("Eingegangen: 21. November 2026 um 06:41 UTC");
    expect(mail.text).toContain("Spam-Punkte (0 bis 100): 2,8, many_links, honeypot");
    expect(mail.text).toContain("https://api.example.com/console/1?a=1&b=2");
    expect(mail.html).toContain('<html lang="de" dir="ltr">');
    expect(mail.html).toContain('<a href="https://api.example.com/console/1?a=1&amp;b=2">');
  });

  test("takes the visitor's subject, and says nothing of replies without an address or of spam at 0", () => {
    const { replyTo: _, ...anonymous } = given;

    const mail = ownerMail({ ...anonymous, subject: "Order 7", spam: { score: 0, reasons: [] } });

    expect(mail.subject).toBe("Order 7");
    expect(mail.replyTo).toBeUndefined();
    expect(mail.text).not.toContain("Reply to this mail");
    expect(mail.text).not.toContain("Spam");
  });

  test("lets no text of a visitor become markup, nor a line of ours", () => {
    const skeleton = tagsOf(mailOf("x", "y"));
    const hostile = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.constantFrom(
        "</td></tr></table><script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "<!--",
        "&lt;b&gt;",
        "x\nReceived: yesterday",
        "x\u2028Number: 7",
      ),
    );

    fc.assert(
      fc.property(hostile, hostile, (value, name) => {
        const mail = mailOf(value, name);

        expect(tagsOf(mail)).toEqual(skeleton);
        expect(mail.text.split("\n").filter((line) => line.startsWith("Received: "))).toHaveLength(1);
      }),
      { numRuns: 300 },
    );
  });
});

const mailOf = (value: string, name: string) => {
  const fields = { message: value, [`x${name.replace(/\n/g, " ")}`]: value };
  return ownerMail({ ...given, submission: { ...given.submission, fields } });
};

/** Every tag with its attributes, in order, as a parser meets them. */
function tagsOf({ html = "" }: { html?: string }): string[] {
  const tags: string[] = [];
  const note = (element: HTMLRewriterTypes.Element) => {
    tags.push(
      [element.tagName, ...[...element.attributes].map(([name, value]) => `${name}=${value}`)].join(" "),
    );
  };
  new HTMLRewriter().on("*", { element: note }).transform(html);
  return tags;
}
