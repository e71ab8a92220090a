import { openDatabase } from "#/kernel/db";

/** What a load run left behind. */
export type Stored = { rows: number; withoutJob: number };

const question = `
  select (select count(*)::int from gatehouse.submissions) as rows,
    (select count(*)::int from gatehouse.submissions s
     where case when s.state = 'received'
       then s.id::text not in (select data ->> 'submissionId' from gatehouse_jobs.job where name = 'forms.process')
       else s.id not in (select submission_id from gatehouse.deliveries) end) as "withoutJob"`;

/**
 * Rows, and those that nobody would ever hear of: not judged and no job to do it, or judged and no delivery planned.
 * For a database whose service has stopped.
 */
export async function countRows(settings: { DATABASE_URL?: string; DATA_DIR: string }): Promise<Stored> {
  const database = await openDatabase({ DATABASE_URL: undefined, ...settings }, () => {});
  try {
    const { rows } = await database.exclusive(({ executeSql }) => executeSql(question));
    return rows[0] as Stored;
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
