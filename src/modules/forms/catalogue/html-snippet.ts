import { attributes, type Html, html } from "#/kernel/pages";
import { type Language, labelOf, wordsOf } from "../pages/languages";
import type { Field, FormDefinition } from "./form-definition";

/**
 * The HTML to paste into a page of the site: plain, without script, with the honeypot. `action` is the full
 * address of the door. Field lengths are left out on purpose: browsers cut what is pasted without a word.
 */
export function htmlSnippet(form: FormDefinition, action: string, language: Language = "en"): string {
  const trap = form.honeypot ?? "_gotcha";
  return html`<form${attributes({ action, method: "post" })}>
${form.fields.map((field) => snippetField(field, labelOf(field, language, form), language))}  <input${attributes({ type: "text", name: trap, tabindex: "-1", autocomplete: "off", "aria-hidden": "true", style: "position:absolute;left:-10000px" })}>
  <button type="submit">${wordsOf(language).send}</button>
</form>
`.markup;
}

function snippetField(field: Field, label: string, language: Language): Html {
  const { name, type, required, autocomplete } = field;
  const given = attributes({ name, required, autocomplete });
  if (type === "hidden") return html`  <input type="hidden"${attributes({ name, value: "" })}>\n`;
  if (type === "consent")
    return html`  <label><input type="checkbox" value="true"${given}> ${label}</label>\n`;
  if (type === "choices") {
    const ticks = field.options?.map(
      (value) => html`    <label><input type="checkbox"${attributes({ name, value })}> ${value}</label>\n`,
    );
    return html`  <fieldset>\n    <legend>${label}</legend>\n${ticks}  </fieldset>\n`;
  }
  if (type === "longtext") return html`  <label>${label} <textarea${given} rows="7"></textarea></label>\n`;
  if (type === "choice") {
    const options = field.options?.map((value) => html`<option>${value}</option>`);
    return html`  <label>${label} <select${given}><option value="">${wordsOf(language).choose}</option>${options}</select></label>\n`;
  }
  return html`  <label>${label} <input type="${inputType(field)}"${given}></label>\n`;
}

const inputType = ({ type }: Field) => (type === "integer" ? "number" : type);
