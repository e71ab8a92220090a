import { sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
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

/** Stops at the first. Written like the index of those, so that it is used. */
async function findImportedHash(db: Db): Promise<boolean> {
  const { passwordHash } = users;
  const found = await db
    .select({ id: users.id })
    .from(users)
    .where(
      sql`${passwordHash} like '$2%' or (${passwordHash} like '$argon2%' and ${passwordHash} not like '$argon2id$v=19$m=19456,t=2,p=1$%')`,
    )
    .limit(1);
  return found.length > 0;
}
