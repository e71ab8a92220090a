import { expect, test } from "bun:test";
import { visitorMail } from "#/modules/forms/visitor-mail";

const confirmation = {
  subject: "We have your message",
  text: "Thank you.\n\nWe answer within a day <promised>.\nThe team",
};

test("sends the team's own words, escaped in the HTML", () => {
  const mail = visitorMail(confirmation, "en", "ada@example.org");

  expect(mail.to).toEqual(["ada@example.org"]);
  expect(mail.subject).toBe(confirmation.subject);
  expect(mail.text).toBe(confirmation.text);
  expect(mail.html).toContain('<p style="white-space:pre-line">Thank you.</p>');
  expect(mail.html).toContain("We answer within a day &lt;promised&gt;.\nThe team</p>");
});

test("holds nothing that the visitor chose but the address it goes to", () => {
  const mail = visitorMail(confirmation, "de", "buy-now.cheap@example.org");

  const { to, ...rest } = mail;
  expect(to).toEqual(["buy-now.cheap@example.org"]);
  expect(JSON.stringify(rest)).not.toContain("buy-now");
  expect(mail.replyTo).toBeUndefined();
});
