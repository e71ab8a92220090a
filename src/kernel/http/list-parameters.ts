import { t } from "elysia";
import { AppError, notFound } from "../errors";
import { oneOf } from "./one-of";

/** A pattern and no number type, which would take `1e3`, `0x10` and blanks. */
export const Id = t.String({ pattern: "^[1-9][0-9]{0,9}$", examples: ["1"] });

/** The number of an id that fits its column; 404 for those that no row can have. */
export function idOf(text: string): number {
  const id = Number(text);
  if (id > 2_147_483_647) throw notFound("account");
  return id;
}

export const Limit = t.String({
  pattern: "^([1-9][0-9]?|1[0-9]{2}|200)$",
  description: "Rows a page, 1 to 200; default 50",
  examples: ["50"],
});
export const limitOf = (text: string | undefined): number => Number(text ?? 50);

export const Flag = oneOf(["true", "false"]);
export const flagOf = (text: "true" | "false"): boolean => text === "true";

export const Moment = t.String({
  pattern: "^[1-9]\\d{3}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,6})?)?(Z|[+-]\\d{2}:\\d{2}))?$",
  description: "A day, or RFC 3339",
  examples: ["2026-11-21T00:00:00Z"],
});
/** Refuses with 422 what has the shape of a moment and is none. */
export function momentOf(field: string, text: string): Date {
  const moment = new Date(text);
  // 30 February would be read as the 2nd of March.
  const day = text.slice(0, 10);
  const isDay = new Date(`${day}T00:00:00Z`);
  if (
    !Number.isNaN(moment.getTime()) &&
    !Number.isNaN(isDay.getTime()) &&
    isDay.toISOString().startsWith(day)
  )
    return moment;
  throw new AppError(422, "invalid", "Some fields need attention", {
    errors: [{ field, code: "invalid_date", detail: "There is no such day or time" }],
  });
}

/** One more row than asked for says that there is another page. */
export function pageOf<Row>(rows: readonly Row[], limit: number, cursorOf: (last: Row) => string) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? cursorOf(last) : null };
}
