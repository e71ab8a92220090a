import { expect, test } from "bun:test";
import { visitorMail } from "#/modules/forms/delivery/visitor-mail";

const confirmation = {
  subject: { en: "We have your message", de: "Ihre Nachricht ist da" },
  text: { en: "Thank you.\n\nWe answer within a day <promised>.\nThe team", de: "Danke." },
};

test("sends the team's own words, escaped in the HTML", () => {
  const mail = visitorMail(confirmation, "en", "ada@example.org");

  expect(mail.to).toEqual(["ada@example.org"]);
  expect(mail.subject).toBe(confirmation.subject.en);
  expect(mail.text).toBe(confirmation.text.en);
  expect(mail.html).toContain('<p style="white-space:pre-line">Thank you.</p>');
  expect(mail.html).toContain("We answer within a day &lt;promised&gt;.\nThe team</p>");
});

test("holds nothing that the visitor chose but the address it goes to", () => {
  const mail = visitorMail(confirmation, "de", "buy-now.cheap@example.org");

  const { to, ...rest } = mail;
  expect(to).toEqual(["buy-now.cheap@example.org"]);
  expect(rest).toMatchObject({ subject: "Ihre Nachricht ist da", text: "Danke." });
  expect(JSON.stringify(rest)).not.toContain("buy-now");
  expect(mail.replyTo).toBeUndefined();
});
