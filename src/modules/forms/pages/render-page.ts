import type { FieldError } from "#/kernel/errors";
import { attributes, type Html, html, renderShell } from "#/kernel/pages";
import type { FormShape } from "../catalogue/form-definition";
import { isFieldName } from "../catalogue/unlisted-fields";
import type { Posted } from "../intake/read-post";
import { inLanguage, type Language, labelOf, wordsOf } from "./languages";
import { renderCarried, renderField, renderTextArea, type ShownField } from "./render-field";
import { waitInWords } from "./wait-in-words";

/** Why the form is shown, beside being asked for. `retryAfter` in seconds. */
export type Notice =
  | { kind: "errors"; errors: readonly FieldError[] }
  | { kind: "rate_limited" | "unavailable"; retryAfter: number }
  | { kind: "closed" }
  | { kind: "captcha_required" };

export type FormPage = {
  form: FormShape;
  /** The path the form posts to: the door that was used. */
  door: string;
  language: Language;
  nonce: string;
  /** `_id`: a new one each time, but the one that came (or was minted on arrival) after a 503. */
  id: string;
  /** `_t`: says since when the visitor has the form. */
  token: string;
  /** What was sent; absent when the form is only asked for. */
  posted?: Posted;
  /** What a link filled in, by the names of fields. */
  given?: Readonly<Record<string, string>>;
  notice?: Notice;
  /** `_from`: the signed origin of the first page. */
  from?: string;
  /** The owner's public address, offered when the message cannot be taken. */
  ownerAddress?: string | undefined;
  /** The visitor's own page, where that is the only way on. */
  site?: string | undefined;
};

const longValue = 200;

/**
 * The form as a page that works without script, holding everything that was typed: declared fields with their
 * values, others as hidden inputs (text areas above 200 characters, or when they broke a rule), control fields.
 * A filled honeypot is not carried along: whoever corrects a form by hand is a person.
 */
export function renderFormPage(page: FormPage): string {
  const { form, language, notice } = page;
  const { definition } = form;
  const words = wordsOf(language);
  const title = inLanguage(definition.title, language, definition);
  const errors = notice?.kind === "errors" ? notice.errors : [];
  const fields = declaredFields(page, errors);
  const others = unlistedFields(page, errors, fields.length);
  const heading = notice && html`${renderNotice(page, notice, [...fields, ...others])}`;
  const isClosed = notice?.kind === "closed" || notice?.kind === "captcha_required";
  const isOptionalSomewhere = definition.fields.some(({ required, type }) => !required && type !== "hidden");
  const body = html`<h1>${title}</h1>
${heading}${
  (!isClosed || page.posted) &&
  html`<form method="post" action="${page.door}">
${isOptionalSomewhere && html`<p class="soft">${words.requiredNote}</p>\n`}${fields.map(renderField)}${others.map(renderOther)}${renderControl(page)}${!isClosed && html`<button type="submit">${notice ? words.sendAgain : words.send}</button>\n`}</form>`
}`;
  const headline = notice && headlineOf(notice, language);
  return renderShell({
    title: headline ? `${headline} – ${title}` : title,
    language,
    direction: words.direction,
    nonce: page.nonce,
    body,
  });
}

function declaredFields(
  { form, posted, given = {}, language }: FormPage,
  errors: readonly FieldError[],
): ShownField[] {
  return form.definition.fields.map((field, at) => ({
    field,
    form: form.definition,
    id: `field-${at + 1}`,
    values: [
      ...(posted ? typed(posted, field.name) : [given[field.name] ?? []].flat()),
      ...(field.type === "choices" ? typed(posted, `${field.name}[]`) : []),
    ],
    error: errors.find((error) => error.field === field.name),
    language,
  }));
}

/** A name that cannot be stored is not carried: the same refusal would follow for ever. */
function unlistedFields(
  { form, posted, language }: FormPage,
  errors: readonly FieldError[],
  shown: number,
): ShownField[] {
  const names = [...(posted?.fields.keys() ?? [])].filter(
    (name) => !form.declares(name) && isFieldName(name),
  );
  return names.map((name, at) => ({
    field: { name, type: "longtext", label: {} },
    form: form.definition,
    id: `field-${shown + at + 1}`,
    values: typed(posted, name),
    error: errors.find((error) => error.field === name),
    language,
  }));
}

function typed(posted: Posted | undefined, name: string): string[] {
  const raw = posted?.fields.get(name);
  if (raw === undefined || raw === null) return [];
  return [raw].flat().map((value) => String(value ?? "").replaceAll("\r\n", "\n"));
}

function renderOther(shown: ShownField): Html {
  const { field, id, values, error } = shown;
  return html`${values.map((value, at) => {
    if (!error && value.length <= longValue) return renderCarried(field.name, value);
    const own = at === 0 ? id : `${id}-${at}`;
    const given = attributes({
      id: own,
      name: field.name,
      "aria-invalid": error && "true",
      "aria-describedby": error && `${own}-error`,
    });
    return html`<div class="field">
<label for="${own}">${field.name}</label>
${error && html`<p class="error" id="${own}-error">${error.detail}</p>\n`}${renderTextArea(given, value)}
</div>
`;
  })}`;
}

function renderControl({ form, posted, id, token, from, language }: FormPage): Html {
  const { next, subject, replyTo, language: asked, captcha = [] } = posted?.control ?? {};
  const carried = {
    // Nobody was asked about a captcha's answer yet, so it is as good as it was.
    ...Object.fromEntries(captcha),
    _next: next,
    _subject: subject,
    _replyto: replyTo,
    _language: asked,
    _from: from,
    _id: id,
    _t: token,
  };
  const inputs = Object.entries(carried).map(([name, value]) =>
    value === undefined ? html`` : renderCarried(name, value),
  );
  const trap = form.definition.honeypot ?? "_gotcha";
  return html`${inputs}<div class="trap" aria-hidden="true"><label for="trap">${wordsOf(language).honeypot}</label>
<input id="trap"${attributes({ name: trap })} tabindex="-1" autocomplete="off"></div>
`;
}

function headlineOf(notice: Notice, language: Language): string {
  const words = wordsOf(language);
  if (notice.kind === "errors") return words.errorHeading(notice.errors.length);
  if (notice.kind === "closed") return words.closedTitle;
  if (notice.kind === "captcha_required") return words.captchaTitle;
  return notice.kind === "rate_limited" ? words.tooManyTitle : words.unavailableTitle;
}

function renderNotice(page: FormPage, notice: Notice, fields: readonly ShownField[]): Html {
  const headline = headlineOf(notice, page.language);
  return html`<div class="notice${notice.kind === "errors" && " bad"}" role="alert" tabindex="-1" autofocus>
<h2>${headline}</h2>
${explain(page, notice, fields)}</div>
`;
}

function explain(
  { language, ownerAddress, site }: FormPage,
  notice: Notice,
  fields: readonly ShownField[],
): Html {
  const words = wordsOf(language);
  if (notice.kind === "errors") {
    const items = notice.errors.map((error) => html`<li>${summaryLine(error, fields, language)}</li>\n`);
    return html`<p>${words.errorIntro}</p>\n<ul>\n${items}</ul>\n`;
  }
  const owner = ownerAddress && renderOwner(ownerAddress, language);
  if (notice.kind === "closed") return html`<p>${words.closedText}</p>\n${owner}`;
  if (notice.kind === "captcha_required")
    return html`<p>${words.captchaText}</p>\n${owner}${renderBackLink(site, language)}`;
  const wait = waitInWords(notice.retryAfter, language);
  const text = notice.kind === "rate_limited" ? words.tooManyText(wait) : words.unavailableText(wait);
  return html`<p>${text}</p>\n${owner}`;
}

/** A link to the field, or the words alone where the page has no such field (a file, a name nobody can use). */
function summaryLine({ field, detail }: FieldError, fields: readonly ShownField[], language: Language): Html {
  const shown = fields.find((one) => one.field.name === field);
  if (!shown) return html`${detail}`;
  return html`<a href="#${shown.id}">${labelOf(shown.field, language, shown.form)}: ${detail}</a>`;
}

/** The way back to the site; nothing where that is neither an http(s) URL nor a path. */
export function renderBackLink(site: string | undefined, language: Language): Html | undefined {
  if (!site || !/^(https?:\/\/|\/(?!\/))/i.test(site)) return undefined;
  return html`<p><a${attributes({ href: site })}>${wordsOf(language).back}</a></p>`;
}

/** "You can also write to …", with the address as a link; the sentence is the language's own. */
export function renderOwner(address: string, language: Language): Html {
  const [before = "", after = ""] = wordsOf(language).writeTo("\n").split("\n");
  const link = html`<a href="mailto:${encodeURIComponent(address).replaceAll("%40", "@")}">${address}</a>`;
  return html`<p>${before}${link}${after}</p>\n`;
}
