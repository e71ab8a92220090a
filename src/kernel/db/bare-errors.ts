import { PgPreparedQuery } from "drizzle-orm/pg-core";

type Prototype = { queryWithCache<T>(text: string, values: unknown[], run: () => Promise<T>): Promise<T> };

/**
 * Lets the driver's errors and our refusals out of drizzle as they are. It wraps them in an error whose message
 * quotes the statement with every submitted value. (Drizzle's query cache, which lives in the same place, is off.)
 */
export function bareErrors(): void {
  (PgPreparedQuery.prototype as unknown as Prototype).queryWithCache = (_text, _values, run) => run();
}
