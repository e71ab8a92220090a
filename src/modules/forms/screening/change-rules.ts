import { asc, sql } from "drizzle-orm";
import { audit, type Origin } from "#/kernel/audit";
import { canonicalJson } from "#/kernel/audit/canonical-json";
import type { Db } from "#/kernel/db";
import { AppError, conflict, type FieldError } from "#/kernel/errors";
import { tagOf } from "#/kernel/http";
import type { Kernel } from "#/kernel/kernel";
import type { SpamRule } from "./spam-rule";
import { spamRules } from "./tables";

/** The team's rules in their order. `version` is another one whenever they are others. */
export type SpamRules = { version: string; rules: SpamRule[] };

/** Reads the rules; there are a hundred at most. */
export async function readRules(db: Db): Promise<SpamRules> {
  const rows = await db.select().from(spamRules).orderBy(asc(spamRules.position));
  const rules = rows.map(({ definition }) => definition as SpamRule);
  return { version: versionOf(rules), rules };
}

const versionOf = (rules: readonly SpamRule[]): string => tagOf(canonicalJson(rules));

/**
 * Puts these rules in the place of those there are; messages are judged by them from now on, and none again. The same
 * rules once more change nothing. Refuses with 409 `version_conflict` where somebody changed them meanwhile, 422 for a
 * name that comes twice and for a rule that neither gives points nor decides, or both.
 */
export function replaceRules(
  { db }: Pick<Kernel, "db">,
  { id: actor, origin }: { id: number; origin: Origin },
  { version, rules }: SpamRules,
): Promise<SpamRules> {
  const errors = rules.flatMap((rule, at) => brokenBy(rule, rules.slice(0, at)));
  if (errors.length > 0) throw new AppError(422, "invalid", "Some rules need attention", { errors });
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('gatehouse.spam_rules'), 0)`);
    const before = await readRules(tx);
    // Sent again, after an answer that was lost.
    if (before.version === versionOf(rules)) return before;
    if (before.version !== version)
      throw conflict("version_conflict", "Somebody changed the rules meanwhile: read them again");
    await tx.delete(spamRules);
    if (rules.length > 0)
      await tx
        .insert(spamRules)
        .values(rules.map((definition, position) => ({ id: Bun.randomUUIDv7(), position, definition })));
    const after = await readRules(tx);
    await audit(tx, {
      event: "spam.rules_changed",
      actor,
      subject: { type: "spam_rules", id: after.version },
      data: { before: before.rules.map(({ name }) => name), after: after.rules.map(({ name }) => name) },
      // Rules name people, too.
      details: { removed: without(before.rules, after.rules), added: without(after.rules, before.rules) },
      origin,
    });
    return after;
  });
}

function brokenBy({ name, points, verdict }: SpamRule, earlier: readonly SpamRule[]): FieldError[] {
  if (earlier.some((other) => other.name === name))
    return [{ field: "rules", code: "repeated", detail: `Two rules are called ${name}` }];
  if ((points === undefined) === (verdict === undefined))
    return [{ field: "rules", code: "invalid", detail: `Rule ${name} must have either points or a verdict` }];
  return [];
}

function without(rules: readonly SpamRule[], others: readonly SpamRule[]): SpamRule[] {
  const known = new Set(others.map(canonicalJson));
  return rules.filter((rule) => !known.has(canonicalJson(rule)));
}
