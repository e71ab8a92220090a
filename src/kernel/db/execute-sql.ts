import type { Db, Executor, Row } from "./database";

/** What a driver answers: PGlite one object, postgres.js an array that knows its columns (several for several statements). */
type Answer =
  | { rows: Row[]; fields: { name: string; dataTypeID: number }[] }
  | (Row[] & { columns?: { name: string; type: number }[] })
  | (Row[] & { columns?: { name: string; type: number }[] })[];

/** Type numbers of PostgreSQL (`pg_type.oid`). */
const timestamptz = 1184;
const bigint = 20;

/**
 * Runs SQL text inside a drizzle transaction (or on its connection) of either driver: one statement a call.
 * `timestamptz` comes back as Date and bigint as text, as node-postgres does and both libraries expect.
 */
export const executorOf = (tx: Db): Executor => ({
  async executeSql(text, values = []) {
    const query = { sql: text, params: values.map(toParameter) };
    const answer = await tx._.session.prepareQuery(query, undefined, undefined, false).execute();
    return { rows: readRows(answer as Answer) };
  },
});

/** Rows of one statement or of several in a row, with moments as Date and bigint as text. */
export function readRows(answer: Answer): Row[] {
  if (!Array.isArray(answer)) return convert(answer.rows, answer.fields.map(toColumn));
  const results = isResult(answer) ? [answer] : answer;
  return results.flatMap((result) => convert([...result], result.columns ?? []));
}

/** Drizzle takes the serializers for moments and JSON out of the driver, so both are made text here. */
export function toParameter(value: unknown): unknown {
  if (value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  const isPlain =
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return isPlain ? JSON.stringify(value) : value;
}

const toColumn = ({ name, dataTypeID }: { name: string; dataTypeID: number }) => ({ name, type: dataTypeID });

/** A list of results is a plain array; a result is postgres.js's own subclass of Array. */
const isResult = (answer: unknown[]): answer is Row[] & { columns?: { name: string; type: number }[] } =>
  answer.constructor !== Array;

function convert(rows: Row[], columns: readonly { name: string; type: number }[]): Row[] {
  const moments = columns.filter(({ type }) => type === timestamptz).map(({ name }) => name);
  const numbers = columns.filter(({ type }) => type === bigint).map(({ name }) => name);
  for (const row of rows) {
    for (const name of moments) if (typeof row[name] === "string") row[name] = new Date(row[name]);
    for (const name of numbers) if (row[name] !== null) row[name] = String(row[name]);
  }
  return rows;
}
