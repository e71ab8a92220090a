import { openDatabase } from "#/kernel/db";

/** Where the rows are: a PostgreSQL, else the embedded database in this directory. */
export type Place = { DATABASE_URL?: string; DATA_DIR: string };

/** What a load run left behind. */
export type Stored = { rows: number; withoutJob: number };

/** Joined and not looked up one by one: a fast run leaves more rows than a hash of `not in` holds. */
const question = `
  with told as (select distinct submission_id from gatehouse.deliveries where submission_id >= $1::uuid),
    due as (select distinct named.id::uuid as submission_id
      from gatehouse_jobs.job, jsonb_array_elements_text(data -> 'submissionIds') as named(id)
      where name = 'forms.process')
  select count(*)::int as rows, count(*) filter (where case when s.state = 'received'
    then due.submission_id is null else told.submission_id is null end)::int as "withoutJob"
  from gatehouse.submissions s
    left join due on due.submission_id = s.id left join told on told.submission_id = s.id
  where s.id >= $1::uuid`;

/**
 * Rows that arrived since a moment, and those of them that nobody would ever hear of: not judged and no job to do it,
 * or judged and no delivery planned. For a database whose service has stopped.
 */
export async function countRows(place: Place, since: Date): Promise<Stored> {
  // The first 48 bits of a UUIDv7 are its moment (RFC 9562 §5.7).
  const first = `${Bun.randomUUIDv7("hex", since).slice(0, 13)}-7000-8000-000000000000`;
  const [row] = await ask(place, question, [first]);
  return row as Stored;
}

/** Answers one question in a database that nobody else has open. */
export async function ask(place: Place, text: string, values: unknown[] = []) {
  const database = await openDatabase({ DATABASE_URL: undefined, ...place }, () => {});
  try {
    const { rows } = await database.exclusive(({ executeSql }) => executeSql(text, values));
    return rows;
  } finally {
    await database.close();
  }
}

/** How the rows contradict what was promised; undefined when they do not. Posts that were cut off may be stored. */
export function contradiction(
  { rows, withoutJob }: Stored,
  promised: number,
  cutOff: number,
): string | undefined {
  if (rows < promised) return `${promised - rows} acknowledged messages are not in the table`;
  if (rows > promised + cutOff) return `${rows - promised} rows more than were acknowledged`;
  return withoutJob > 0 ? `${withoutJob} rows without a job` : undefined;
}
