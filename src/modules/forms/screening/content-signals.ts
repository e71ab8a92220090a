import type { FormDefinition } from "../catalogue/form-definition";
import type { Fields, Reason } from "../tables";
import type { Signal } from "./signal";

const link = /https?:\/\/|\bwww\./gi;
/** What sites and boards make links of; no form of ours asks for it. */
const markup = /<\/?(?:a|iframe|img|script)[\s>]|\[(?:url|link|img)[\]=]/i;
const personName = /^(?:(?:first|last|full)?[_ -]?name|surname)$/i;
const POINTS_A_LINK = 8;
const MOST_FOR_LINKS = 40;

/**
 * What the text itself shows: links, a link where a name belongs, markup. A field that asks for an address of the web
 * does not count.
 */
export function contentSignal(fields: Fields, form: Pick<FormDefinition, "fields"> | undefined): Signal {
  const asked = new Set(form?.fields.filter(({ type }) => type === "url").map(({ name }) => name));
  const reasons: Reason[] = [];
  let links = 0;
  let hasMarkup = false;
  let isInName = false;
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === "number" || asked.has(name)) continue;
    for (const text of typeof value === "string" ? [value] : value) {
      const found = text.match(link)?.length ?? 0;
      links += found;
      isInName ||= found > 0 && personName.test(name);
      hasMarkup ||= markup.test(text);
    }
  }
  if (links > 0) {
    const points = Math.min(links * POINTS_A_LINK, MOST_FOR_LINKS);
    reasons.push({ code: `links:${links}`, points, text: "The message holds links" });
  }
  if (isInName)
    reasons.push({ code: "link_in_name", points: 40, text: "A link stands where a name belongs" });
  if (hasMarkup)
    reasons.push({ code: "markup", points: 20, text: "The message holds markup for links or pictures" });
  return { reasons };
}
