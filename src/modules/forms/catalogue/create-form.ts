import { count } from "drizzle-orm";
import { audit } from "#/kernel/audit";
import { conflict } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import type { Actor } from "../inbox/handle-submission";
import { checkDefinition } from "./check-definition";
import { compiledForms } from "./compiled-forms";
import type { FormDefinition } from "./form-definition";
import { formsOf } from "./forms-registry";
import { forms, formVersions } from "./tables";
import { toWire } from "./wire-form";

/** The inbox looks along the index of every form at once, so there is an end to them; deleted ones count. */
const MOST_FORMS = 200;

/**
 * Adds a form, which is served here when this resolves and by other processes within two seconds. Refuses with 409
 * `slug_taken` and `too_many_forms`, 413, and 422 naming each bad field.
 */
export async function createForm(
  { db }: Pick<Kernel, "db">,
  actor: Actor,
  definition: FormDefinition,
): Promise<void> {
  const { slug } = definition;
  if (compiledForms.has(slug)) throw taken();
  checkDefinition(definition);
  await db.transaction(async (tx) => {
    const [made] = await tx.select({ forms: count() }).from(forms);
    if ((made?.forms ?? 0) >= MOST_FORMS)
      throw conflict("too_many_forms", `Cannot add a form: there are ${MOST_FORMS} already`);
    const added = await tx
      .insert(forms)
      .values({ slug, builtIn: false, currentVersion: 1 })
      .onConflictDoNothing()
      .returning({ slug: forms.slug });
    if (added.length === 0) throw taken();
    await tx.insert(formVersions).values({ form: slug, version: 1, definition, madeBy: actor.id });
    await audit(tx, {
      event: "form.created",
      actor: actor.id,
      subject: { type: "form", id: slug },
      data: { version: 1 },
      details: { after: toWire(definition) },
      origin: actor.origin,
    });
  });
  await formsOf({ db }).refresh();
}

const taken = () => conflict("slug_taken", "There is, or was, a form of this name");
