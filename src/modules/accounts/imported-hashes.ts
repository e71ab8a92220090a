import { and, isNotNull, like, not, or } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import { ownPrefix } from "./hash-password";
import { users } from "./tables";

/** Milliseconds. An import is noticed that late at most; asked at each wrong password it would read the whole table. */
const knownFor = 60_000;
const answers = new WeakMap<Db, { until: number; remain: Promise<boolean> }>();

/**
 * Whether any account still has a hash that takes another time to verify than those made here, as of the last minute.
 */
export function importedHashesRemain({ db, now }: Pick<Kernel, "db" | "now">): Promise<boolean> {
  const at = now().getTime();
  const known = answers.get(db);
  if (known && at < known.until) return known.remain;
  const remain = findImportedHash(db);
  answers.set(db, { until: at + knownFor, remain });
  remain.catch(() => answers.delete(db));
  return remain;
}

/** Stops at the first. */
async function findImportedHash(db: Db): Promise<boolean> {
  const { passwordHash } = users;
  const otherwiseMade = or(
    like(passwordHash, "$2%"),
    and(like(passwordHash, "$argon2%"), not(like(passwordHash, `${ownPrefix}%`))),
  );
  const found = await db
    .select({ id: users.id })
    .from(users)
    .where(and(isNotNull(passwordHash), otherwiseMade))
    .limit(1);
  return found.length > 0;
}
