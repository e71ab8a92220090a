import { type Column, type SQL, sql } from "drizzle-orm";
import { auditEvents } from "./tables";

/** `ids`: from and to, both included. `rest`: what else is asked of each event. */
export type Search = { ids: { from: SQL; to: SQL }; rest: SQL | undefined; most: number };

/** Columns that lead an index whose last column is `id`, each with its value. None: by `id` alone. */
export type Key = readonly (readonly [column: Column, value: unknown])[];

/**
 * The ids of the newest events under a key, newest first. Whole rows are compared, because that has one way through
 * one index: with `event = …` the planner may walk back through all events instead, and cannot know that a frequent
 * one did not happen lately.
 */
export function newestOf(key: Key, { ids, rest = sql`true`, most }: Search): SQL {
  const columns = [...key.map(([column]) => column), auditEvents.id];
  const values = key.map(([, value]) => value);
  const row = (parts: unknown[]) =>
    sql`(${sql.join(
      parts.map((part) => sql`${part}`),
      sql`, `,
    )})`;
  const order = sql.join(
    columns.map((column) => sql`${column} desc`),
    sql`, `,
  );
  return sql`
    select ${auditEvents.id} from ${auditEvents}
    where ${row(columns)} >= ${row([...values, ids.from])} and ${row(columns)} <= ${row([...values, ids.to])} and ${rest}
    order by ${order} limit ${most}::int`;
}

/**
 * The same for all events of a module, `session.`. Their names lie apart in the index: those that exist (a few dozen)
 * are found by leaping from one to the next, and each gives its newest.
 */
export const newestOfModule = (module: string, search: Search): SQL => sql`
  select id from (
    with recursive name as (
      select min(event) as event from ${auditEvents}
      union all
      select (select min(later.event) from ${auditEvents} as later where later.event > name.event)
      from name where name.event is not null)
    select newest.id from name
    cross join lateral (${newestOf([[auditEvents.event, sql`name.event`]], search)}) as newest
    where starts_with(name.event, ${module})) as newest
  order by id desc limit ${search.most}::int`;
