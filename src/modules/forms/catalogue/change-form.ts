import { eq, sql } from "drizzle-orm";
import { audit } from "#/kernel/audit";
import type { Db } from "#/kernel/db";
import { AppError, conflict, notFound } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import type { Actor } from "../inbox/handle-submission";
import { checkDefinition } from "./check-definition";
import { compiledForms } from "./compiled-forms";
import type { WireChange, WireForm } from "./definition-schema";
import { formsOf } from "./forms-registry";
import { findVersion, settleBuiltIn } from "./load-forms";
import { forms, formVersions } from "./tables";
import { toDefinition, toWire } from "./wire-form";

/**
 * Makes a new version of a form; what was sent before is read with the version it was checked with. A built-in form can
 * be set and added to, and nothing that sites were promised of it changed. A change that changes nothing makes none.
 * Refuses with 404, 410 `form_gone`, 409 `version_conflict` where `version` is not the current one, 413, and 422.
 */
export async function changeForm(
  { db }: Pick<Kernel, "db">,
  actor: Actor,
  slug: string,
  { version, ...change }: WireChange & { version: number },
): Promise<void> {
  await db.transaction(async (tx) => {
    const current = await holdForm(tx, slug);
    if (current !== version)
      throw conflict("version_conflict", "Somebody changed this form meanwhile: read it again");
    const stored = await findVersion(tx, slug, version);
    if (!stored) throw notFound("form");
    const before = settleBuiltIn(stored);
    const definition = { slug, doors: before.doors, ...toDefinition({ ...toWire(before), ...change }) };
    checkDefinition(definition);
    const changed = differing(toWire(before), toWire(definition));
    if (changed.length === 0) return;
    const next = version + 1;
    await tx.insert(formVersions).values({ form: slug, version: next, definition, madeBy: actor.id });
    await tx.update(forms).set({ currentVersion: next, updatedAt: sql`now()` }).where(eq(forms.slug, slug));
    await audit(tx, {
      event: "form.changed",
      actor: actor.id,
      subject: { type: "form", id: slug },
      data: { before: version, after: next, changed },
      details: { before: only(toWire(before), changed), after: only(toWire(definition), changed) },
      origin: actor.origin,
    });
  });
  await formsOf({ db }).refresh();
}

/** Deletes a form: it takes no more messages, and those it has stay. Refuses with 404, 409 `built_in`, 410 `form_gone`. */
export async function deleteForm({ db }: Pick<Kernel, "db">, actor: Actor, slug: string): Promise<void> {
  if (compiledForms.has(slug))
    throw conflict("built_in", "A built-in form cannot be deleted; it can be closed");
  await db.transaction(async (tx) => {
    const version = await holdForm(tx, slug);
    await tx.update(forms).set({ deletedAt: sql`now()`, updatedAt: sql`now()` }).where(eq(forms.slug, slug));
    await audit(tx, {
      event: "form.deleted",
      actor: actor.id,
      subject: { type: "form", id: slug },
      data: { version },
      origin: actor.origin,
    });
  });
  await formsOf({ db }).refresh();
}

/** The current version, with the form held until the transaction ends. A built-in one gets its row with its first change. */
async function holdForm(tx: Db, slug: string): Promise<number> {
  if (compiledForms.has(slug))
    await tx.insert(forms).values({ slug, builtIn: true, currentVersion: 0 }).onConflictDoNothing();
  const [row] = await tx.select().from(forms).where(eq(forms.slug, slug)).for("update");
  if (!row) throw notFound("form");
  if (row.deletedAt) throw new AppError(410, "form_gone", "This form no longer exists");
  return row.currentVersion;
}

const differing = (before: WireForm, after: WireForm): (keyof WireForm)[] => {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof WireForm>;
  return [...names].filter((name) => !Bun.deepEquals(before[name], after[name])).toSorted();
};

const only = (form: WireForm, names: readonly (keyof WireForm)[]) =>
  Object.fromEntries(names.map((name) => [name, form[name] ?? null]));
