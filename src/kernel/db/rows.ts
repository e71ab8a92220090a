/** The rows of `db.execute`: postgres.js answers a list, PGlite an object that holds one. */
export function rowsOf<Row>(result: unknown): Row[] {
  return Array.isArray(result) ? (result as Row[]) : (result as { rows: Row[] }).rows;
}
