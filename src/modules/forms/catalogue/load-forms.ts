import { and, asc, eq } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { compiledForms } from "./compiled-forms";
import type { FormDefinition } from "./form-definition";
import { forms, formVersions } from "./tables";

/** A row of `forms`, as far as it decides what is served. */
export type FormState = { slug: string; version: number; deleted: boolean };

/** Every form that the team made or changed, deleted ones too: a few bytes each, so that it can be asked every second. */
export async function listFormStates(db: Db): Promise<FormState[]> {
  const rows = await db
    .select({ slug: forms.slug, version: forms.currentVersion, deletedAt: forms.deletedAt })
    .from(forms)
    .orderBy(asc(forms.slug));
  return rows.map(({ slug, version, deletedAt }) => ({ slug, version, deleted: deletedAt !== null }));
}

/** What a form was in one of its versions; version 0 is the built-in one. */
export async function findVersion(
  db: Db,
  slug: string,
  version: number,
): Promise<FormDefinition | undefined> {
  const builtIn = compiledForms.get(slug)?.definition;
  if (version === 0) return builtIn;
  const [row] = await db
    .select({ definition: formVersions.definition })
    .from(formVersions)
    .where(and(eq(formVersions.form, slug), eq(formVersions.version, version)));
  return row?.definition;
}

/**
 * A built-in form as the team has set it. Doors and compatible fields are those of the running release, whatever
 * release the setting was made with.
 */
export function settleBuiltIn(definition: FormDefinition): FormDefinition {
  const builtIn = compiledForms.get(definition.slug)?.definition;
  if (!builtIn) return definition;
  const compatible = new Set(builtIn.fields.map(({ name }) => name));
  const added = definition.fields.filter(({ name }) => !compatible.has(name));
  return { ...definition, doors: builtIn.doors, fields: [...builtIn.fields, ...added] };
}
