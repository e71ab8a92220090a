import type { MailMessage } from "#/kernel/mail";
import { type Html, html } from "#/kernel/pages";
import type { StoredValue } from "../catalogue/field-kinds";
import type { FormDefinition } from "../catalogue/form-definition";
import { inLanguage, type Language } from "../pages/languages";
import { renderMail } from "./mail-layout";
import { mailWordsOf } from "./mail-words";
import { languageOf, type ShownField, shownFields } from "./shown-fields";

/** What the owner of a form is told of one submission. */
export type OwnerMail = {
  form: FormDefinition;
  to: readonly string[];
  submission: { id: string; receivedAt: Date; fields: Readonly<Record<string, StoredValue>> };
  /** The visitor's address, to which a reply goes. */
  replyTo?: string;
  /** Instead of "<form>: new message". */
  subject?: string;
  /** A test of the team: the subject says so. */
  isTest?: boolean;
  /** Mentioned when the score is above 0. */
  spam?: { score: number; reasons: readonly string[] };
  /** Where the team sees this submission. */
  consoleUrl?: string;
};

/**
 * Tells the owner what was sent, in the form's language: declared fields in their order, then the others. In the text
 * part the visitor's lines are indented, so that none of them can pass for ours.
 */
export function ownerMail(mail: OwnerMail): MailMessage {
  const { form, submission, to, replyTo, subject } = mail;
  const language = languageOf(form);
  const title = inLanguage(form.title, language, form);
  const words = mailWordsOf(language);
  const fields = shownFields(form, submission.fields, language);
  const facts = toFacts(mail, language);
  const { consoleUrl } = mail;

  return {
    to,
    ...(replyTo !== undefined && { replyTo }),
    subject: `${mail.isTest ? "[Test] " : ""}${subject ?? words.subject(title)}`,
    language,
    category: "forms",
    text: [
      words.intro(title),
      fields.map(({ label, value }) => `${label}:\n${indent(value)}`).join("\n\n"),
      facts.map(({ label, value }) => `${label}: ${value}`).join("\n"),
      ...(replyTo === undefined ? [] : [words.answer]),
      ...(consoleUrl === undefined ? [] : [`${words.open}: ${consoleUrl}`]),
    ].join("\n\n"),
    html: renderMail(
      language,
      html`<p>${words.intro(title)}</p>
<table role="presentation" style="border-collapse:collapse;width:100%">
${fields.map(renderRow)}
</table>
<p style="margin-top:24px;font-size:14px;color:#57606a">${facts.map(renderFact)}</p>
${replyTo !== undefined && html`<p>${words.answer}</p>`}
${consoleUrl !== undefined && html`<p><a href="${consoleUrl}">${words.open}</a></p>`}`,
    ),
  };
}

function toFacts({ submission, spam }: OwnerMail, language: Language): ShownField[] {
  const words = mailWordsOf(language);
  const moment = new Intl.DateTimeFormat(language, {
    dateStyle: "long",
    timeStyle: "short",
    timeZone: "UTC",
  });
  const facts = [
    { label: words.received, value: `${moment.format(submission.receivedAt)} UTC` },
    { label: words.number, value: submission.id },
  ];
  if (!spam || spam.score <= 0) return facts;
  const score = new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(spam.score);
  return [...facts, { label: words.spam, value: [score, ...spam.reasons].join(", ") }];
}

const indent = (text: string): string => text.replace(/^/gm, "  ");

const renderRow = ({ label, value }: ShownField): Html =>
  html`<tr>
<th scope="row" style="padding:8px 16px 8px 0;text-align:start;vertical-align:top;white-space:nowrap;border-bottom:1px solid #d0d7de">${label}</th>
<td dir="auto" style="padding:8px 0;white-space:pre-wrap;overflow-wrap:anywhere;border-bottom:1px solid #d0d7de">${value}</td>
</tr>
`;

const renderFact = ({ label, value }: ShownField): Html => html`${label}: ${value}<br>`;
