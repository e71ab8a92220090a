import { html } from "#/kernel/pages";
import type { FormDefinition } from "../catalogue/form-definition";
import { inLanguage, isSpoken, type Language, labelOf } from "../pages/languages";
import type { Submission } from "../queries";

/** Characters of HTML that a note may have, with room for the mark behind it; HubSpot takes 65,536. */
const noteLength = 65_000;
const ending = html`<p>Shortened. The whole message is in Gatehouse.</p>`.markup;

/**
 * A message as a note beside a contact: every field, in the form's own order, escaped, because notes are shown as HTML.
 * A text that has no room is cut, and the note says so.
 */
export function crmNote(
  form: FormDefinition,
  { id, fields, form: slug }: Pick<Submission, "id" | "fields" | "form">,
): string {
  const language: Language = form.language !== undefined && isSpoken(form.language) ? form.language : "en";
  const declared = form.fields.filter(({ name }) => Object.hasOwn(fields, name));
  const known = new Set(declared.map(({ name }) => name));
  const others = Object.keys(fields).filter((name) => !known.has(name));
  const labels = [
    ...declared.map((field) => [field.name, labelOf(field, language, form)] as const),
    ...others.map((name) => [name, name] as const),
  ];

  let note = html`<p>${inLanguage(form.title, language, form)} (${slug}), ${id}</p>`.markup;
  for (const [name, label] of labels) {
    const value = fields[name];
    const text = Array.isArray(value) ? value.join("\n") : String(value ?? "");
    const row = render(label, text);
    const room = noteLength - ending.length - note.length;
    if (row.length <= room) note += row;
    else return note + renderWithin(label, text, room) + ending;
  }
  return note;
}

/** Lines stay lines. */
const render = (label: string, text: string): string => {
  const lines = text.split(/\r\n?|\n/).map((line, at) => html`${at > 0 && html`<br>`}${line}`);
  return html`<p><strong>${label}</strong><br>${lines}</p>`.markup;
};

/** As many characters as have room once they are escaped; nothing where there is none for the label. */
function renderWithin(label: string, text: string, room: number): string {
  const characters = [...text];
  let [fits, tooMany] = [0, characters.length];
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (render(label, characters.slice(0, middle).join("")).length <= room) fits = middle;
    else tooMany = middle;
  }
  return fits > 0 ? render(label, characters.slice(0, fits).join("")) : "";
}
