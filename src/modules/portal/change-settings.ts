import { eq, sql } from "drizzle-orm";
import { audit, type Origin } from "#/kernel/audit";
import type { Db } from "#/kernel/db";
import { AppError, type FieldError } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { defaults, type SectionName } from "./settings-sections";
import { type Section, userSettings } from "./tables";

export type SectionChange = Readonly<Record<string, unknown>>;

const mostExtras = 20;
const extraName = /^[a-z][a-z0-9_]{0,39}$/;

/** A whole section: what the person chose over the defaults. */
export async function readSettings(db: Db, userId: number, name: SectionName): Promise<Section> {
  const [row] = await db
    .select({ section: userSettings[name] })
    .from(userSettings)
    .where(eq(userSettings.userId, userId));
  return { ...defaults[name], ...withoutNulls(row?.section ?? {}) };
}

/**
 * Merges the members that are given into a section, null setting one back, and answers the whole. Two changes at one
 * moment both count: the database merges. Refuses with 422 unknown time zones, names that no front end needs, and more
 * than 20 members beside the known ones.
 */
export function changeSettings(
  { db }: Pick<Kernel, "db">,
  userId: number,
  { name, change, origin }: { name: SectionName; change: SectionChange; origin: Origin },
): Promise<Section> {
  const errors = faultsOf(name, change);
  if (errors.length > 0) throw misfit(errors);
  return db.transaction(async (tx) => {
    const column = userSettings[name];
    const merged = sql`jsonb_strip_nulls(${column} || excluded.${sql.identifier(name)})`;
    const [row] = await tx
      .insert(userSettings)
      .values({ userId, [name]: change as Section })
      .onConflictDoUpdate({ target: userSettings.userId, set: { [name]: merged, updatedAt: sql`now()` } })
      .returning({ section: column });
    const section = withoutNulls(row?.section ?? {});
    const extras = Object.keys(section).filter((member) => !Object.hasOwn(defaults[name], member));
    if (extras.length > mostExtras)
      throw misfit([{ field: "*", code: "too_many", detail: `At most ${mostExtras} members of your own` }]);
    await audit(tx, {
      event: "settings.changed",
      actor: userId,
      subject: { type: "user", id: userId },
      data: {
        section: name,
        members: Object.keys(change).filter((member) => Object.hasOwn(defaults[name], member)),
      },
      origin,
    });
    return { ...defaults[name], ...section };
  });
}

/** A first row is inserted as it is given, with the nulls. */
const withoutNulls = (section: Section): Section =>
  Object.fromEntries(Object.entries(section).filter(([, value]) => value !== null));

function faultsOf(name: SectionName, change: SectionChange): FieldError[] {
  return Object.entries(change).flatMap(([member, value]): FieldError[] => {
    if (name === "appearance" && member === "timezone" && typeof value === "string" && !isTimeZone(value))
      return [{ field: member, code: "not_an_option", detail: "This is no time zone" }];
    if (!Object.hasOwn(defaults[name], member) && !extraName.test(member))
      return [{ field: "*", code: "invalid_name", detail: "Names are small letters, digits and _" }];
    return [];
  });
}

function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

const misfit = (errors: FieldError[]) =>
  new AppError(422, "invalid", "Some fields need attention", { errors });
