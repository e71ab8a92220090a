import { createHash } from "node:crypto";
import { canonicalJson } from "./audit/canonical-json";
import type { Config } from "./config";
import { deriveKey, sign, verify } from "./crypto";
import { AppError } from "./errors";

type Filters = Readonly<Record<string, string | number | boolean | undefined>>;

/** Cursors of one list. `last` is the id of the last row that was given. */
export type Cursors<Id extends number | string> = {
  issue(last: Id, filters: Filters): string;
  /** Throws `AppError` 422 `bad_cursor` where it is broken, of another list, or was given for other filters. */
  read(cursor: string, filters: Filters): Id;
};

/**
 * How a list is read on from where a page ended: `after` is base64url of `{k: last id, f: digest of the filters}`, a
 * dot, and its HMAC. So nobody begins at a row of their choice, and a page that is asked for with other filters is
 * refused instead of leaving rows out. `filters` without those that say how much (`limit`, `after`).
 */
export function createCursors<Id extends number | string>(
  { rootSecret }: Pick<Config, "rootSecret">,
  list: string,
): Cursors<Id> {
  const key = deriveKey(rootSecret, `cursor ${list}`);
  return {
    issue(last, filters) {
      const text = Buffer.from(JSON.stringify({ k: last, f: digestOf(filters) })).toString("base64url");
      return `${text}.${sign(key, text)}`;
    },
    read(cursor, filters) {
      const [text = "", signature = "", ...more] = cursor.split(".");
      if (more.length > 0 || !verify(key, text, signature)) throw badCursor();
      const { k, f } = JSON.parse(Buffer.from(text, "base64url").toString()) as { k: Id; f: string };
      if (f !== digestOf(filters)) throw badCursor();
      return k;
    },
  };
}

/** What is not set does not count. */
function digestOf(filters: Filters): string {
  const set = Object.entries(filters).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return createHash("sha256")
    .update(canonicalJson(Object.fromEntries(set)))
    .digest("base64url")
    .slice(0, 22);
}

const badCursor = () =>
  new AppError(422, "bad_cursor", "Cannot read on from there: ask for the first page again");
