import type { Static } from "elysia";
import type { Kernel } from "#/kernel/kernel";
import { compiledForms } from "../catalogue/compiled-forms";
import type { FormDefinition } from "../catalogue/form-definition";
import { formsOf } from "../catalogue/forms-registry";
import { countForms } from "./count-submissions";
import { type Form, showForm } from "./inbox-schemas";

/**
 * The forms that are served, with how many messages each has: the built-in ones in their order, then the team's own by
 * name. At most `limit` of those behind `after`; `next` is the last one's name, null at the end.
 */
export async function listForms(
  kernel: Pick<Kernel, "db" | "now">,
  { after, limit }: { after?: string; limit: number },
): Promise<{ items: Static<typeof Form>[]; next: string | null }> {
  const forms = formsOf(kernel).all();
  const rest = after === undefined ? forms : behind(forms, after);
  const page = rest.slice(0, limit);
  const figures = await countForms(
    kernel.db,
    page.map(({ slug }) => slug),
  );
  const now = kernel.now();
  const items = page.map((form, at) => showForm(form, figures[at]!, now));
  return { items, next: rest.length > limit ? (page.at(-1)?.slug ?? null) : null };
}

/** The form that a page ended with may have been deleted since. */
function behind(forms: readonly FormDefinition[], last: string): readonly FormDefinition[] {
  if (compiledForms.has(last)) return forms.slice(forms.findIndex(({ slug }) => slug === last) + 1);
  return forms.filter(({ slug }) => !compiledForms.has(slug) && slug > last);
}
