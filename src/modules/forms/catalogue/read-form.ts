import { and, desc, eq, lt } from "drizzle-orm";
import { type Static, t } from "elysia";
import type { Db } from "#/kernel/db";
import { notFound } from "#/kernel/errors";
import { compiledForms } from "./compiled-forms";
import { WireForm } from "./definition-schema";
import type { FormDefinition } from "./form-definition";
import { findVersion, settleBuiltIn } from "./load-forms";
import { forms, formVersions } from "./tables";
import { toWire } from "./wire-form";

const Moment = t.Nullable(t.String({ format: "date-time", examples: ["2026-11-21T09:30:00.000Z"] }));
const Slug = t.String({ examples: ["feedback"] });

/** A form with everything that is set of it. */
export const WholeForm = t.Object({
  slug: Slug,
  built_in: t.Boolean({ examples: [false] }),
  version: t.Integer({ description: "0 is a built-in form as it came", examples: [1] }),
  doors: t.Array(t.String(), { examples: [["/f/feedback"]] }),
  created_at: Moment,
  updated_at: Moment,
  deleted_at: Moment,
  ...WireForm.properties,
});

export const FormVersion = t.Object({
  version: t.Integer({ examples: [1] }),
  made_by: t.Nullable(t.Integer({ description: "The account", examples: [1] })),
  created_at: Moment,
  form: WireForm,
});

/** A form as it is now, also a deleted one. Throws 404. */
export async function readForm(db: Db, slug: string): Promise<Static<typeof WholeForm>> {
  const [row] = await db.select().from(forms).where(eq(forms.slug, slug));
  const definition = await findVersion(db, slug, row?.currentVersion ?? 0);
  if (!definition) throw notFound("form");
  const settled = settleBuiltIn(definition);
  return {
    slug,
    built_in: compiledForms.has(slug),
    version: row?.currentVersion ?? 0,
    doors: [...settled.doors],
    created_at: row?.createdAt.toISOString() ?? null,
    updated_at: row?.updatedAt.toISOString() ?? null,
    deleted_at: row?.deletedAt?.toISOString() ?? null,
    ...toWire(settled),
  };
}

type Version = Static<typeof FormVersion>;

/** The versions of a form, newest first, older than `before`, at most `limit`. Throws 404 where there is no such form. */
export async function listVersions(
  db: Db,
  slug: string,
  { before, limit }: { before?: number | undefined; limit: number },
): Promise<Version[]> {
  const older = before === undefined ? undefined : lt(formVersions.version, before);
  const rows = await db
    .select()
    .from(formVersions)
    .where(and(eq(formVersions.form, slug), older))
    .orderBy(desc(formVersions.version))
    .limit(limit);
  const versions = rows.map(
    ({ version, madeBy, createdAt, definition }): Version => ({
      version,
      made_by: madeBy,
      created_at: createdAt.toISOString(),
      form: toWire(definition),
    }),
  );
  const builtIn = compiledForms.get(slug)?.definition;
  if (builtIn && before !== 0 && versions.length < limit) versions.push(original(builtIn));
  if (versions.length === 0 && before === undefined) throw notFound("form");
  return versions;
}

const original = (definition: FormDefinition): Version => ({
  version: 0,
  made_by: null,
  created_at: null,
  form: toWire(definition),
});
