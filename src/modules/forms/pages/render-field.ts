import type { FieldError } from "#/kernel/errors";
import { attributes, type Html, html } from "#/kernel/pages";
import { isRealDate } from "../catalogue/field-rules";
import type { Field, FormDefinition } from "../catalogue/form-definition";
import { inLanguage, type Language, labelOf, wordsOf } from "./languages";

/** One field as a page shows it. `values` are what was typed, as sent; several where a name was repeated. */
export type ShownField = {
  field: Field;
  form: FormDefinition;
  id: string;
  values: readonly string[];
  error: FieldError | undefined;
  language: Language;
};

/**
 * A labelled control that shows what was typed, even where the right control could not: a browser empties a
 * number or date input that holds something else, so such text gets a plain input, and lines a text area.
 */
export function renderField(shown: ShownField): Html {
  const { field, id, values, error, language, form } = shown;
  if (field.type === "hidden" && !error)
    return html`${values.map((value) => renderCarried(field.name, value))}`;
  if (field.type === "choices") return renderChoices(shown);
  const label = labelOf(field, language, form);
  if (field.type === "consent") {
    return html`<div class="field">${describe(shown)}<label class="tick" for="${id}"><input type="checkbox" value="true"${control(shown, { checked: isTicked(values) })}> <span>${label}${optionalMark(shown)}</span></label></div>
`;
  }
  return html`<div class="field">
<label for="${id}">${label}${optionalMark(shown)}</label>
${describe(shown)}${renderControl(shown, values.join("\n"))}
</div>
`;
}

/** A value that travels with the form unseen. Hidden inputs keep line breaks. */
export const renderCarried = (name: string, value: string): Html =>
  html`<input type="hidden"${attributes({ name, value })}>
`;

/** The line feed after the tag is eaten by the parser, so that one the text begins with survives. */
export const renderTextArea = (attributes: Html, value: string): Html =>
  html`<textarea${attributes} rows="7">
${value}</textarea>`;

function renderControl(shown: ShownField, value: string): Html {
  const { field } = shown;
  if (field.type === "choice") return renderSelect(shown, value);
  if (field.type === "longtext" || value.includes("\n")) return renderTextArea(control(shown), value);
  return html`<input${control(shown, { ...inputType(field, value), value })}>`;
}

function inputType({ type }: Field, value: string): Record<string, string> {
  if (type === "email" || type === "tel" || type === "url") return { type };
  if (type === "date")
    return value === "" || isRealDate(value) ? { type } : { type: "text", inputmode: "numeric" };
  if (type === "number") return { type: "text", inputmode: "decimal" };
  return type === "integer" ? { type: "text", inputmode: "numeric" } : { type: "text" };
}

function renderSelect(shown: ShownField, value: string): Html {
  const { field, language } = shown;
  const known = field.options ?? [];
  const options = value === "" || known.includes(value) ? known : [...known, value];
  return html`<select${control(shown)}>
<option value="">${wordsOf(language).choose}</option>
${options.map((option) => html`<option${attributes({ value: option, selected: option === value })}>${option}</option>\n`)}</select>`;
}

function renderChoices(shown: ShownField): Html {
  const { field, id, values, error, language, form } = shown;
  const known = field.options ?? [];
  const options = [...known, ...values.filter((value) => value !== "" && !known.includes(value))];
  const ticks = options.map((value, at) => {
    const given = attributes({
      id: at === 0 ? id : `${id}-${at}`,
      name: field.name,
      value,
      checked: values.includes(value),
      "aria-invalid": error && "true",
    });
    return html`<label class="tick"><input type="checkbox"${given}> <span>${value}</span></label>\n`;
  });
  return html`<fieldset${attributes({ "aria-describedby": described(shown) })}>
<legend>${labelOf(field, language, form)}${optionalMark(shown)}</legend>
${describe(shown)}${ticks}</fieldset>
`;
}

const isTicked = (values: readonly string[]) => /^(true|on|1|yes)$/i.test(values[0]?.trim() ?? "");

function optionalMark({ field, language }: ShownField): Html | undefined {
  return field.required ? undefined : html` <span class="soft">(${wordsOf(language).optional})</span>`;
}

function control(shown: ShownField, more: Record<string, string | boolean> = {}): Html {
  const { field, id, error } = shown;
  return attributes({
    id,
    name: field.name,
    required: field.required,
    autocomplete: field.autocomplete,
    "aria-invalid": error && "true",
    "aria-describedby": described(shown),
    ...more,
  });
}

function described({ field, id, error }: ShownField): string | undefined {
  return [error && `${id}-error`, field.help && `${id}-help`].filter(Boolean).join(" ") || undefined;
}

function describe({ field, form, id, error, language }: ShownField): Html {
  const help =
    field.help && html`<p class="help" id="${id}-help">${inLanguage(field.help, language, form)}</p>\n`;
  return html`${help}${error && html`<p class="error" id="${id}-error">${error.detail}</p>\n`}`;
}
