const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  // A parser turns a bare carriage return into a line feed.
  "\r": "&#13;",
};

/** Makes text safe between tags and inside quoted attributes of HTML. */
const escapeHtml = (text: string): string => text.replace(/[&<>"'\r]/g, (character) => entities[character]!);

/** HTML that is finished; everything else that is put into `html` gets escaped. */
export type Html = { readonly markup: string };

type Part = string | number | undefined | false | Html | readonly Html[];

/** Builds HTML from a template. Text is escaped, nothing comes of `undefined` and `false`. */
export function html(parts: TemplateStringsArray, ...values: readonly Part[]): Html {
  let markup = parts[0]!;
  for (const [at, value] of values.entries()) markup += render(value) + parts[at + 1]!;
  return { markup };
}

function render(value: Part): string {
  if (value === undefined || value === false) return "";
  if (typeof value !== "object") return escapeHtml(String(value));
  return "markup" in value ? value.markup : value.map(({ markup }) => markup).join("");
}

/** ` name="value"` each; the bare name for `true`, nothing for `false` and `undefined`. */
export function attributes(given: Record<string, string | boolean | undefined>): Html {
  let markup = "";
  for (const [name, value] of Object.entries(given)) {
    if (value === true) markup += ` ${name}`;
    else if (typeof value === "string") markup += ` ${name}="${escapeHtml(value)}"`;
  }
  return { markup };
}
