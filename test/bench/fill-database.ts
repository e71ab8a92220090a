import { type Executor, openDatabase } from "#/kernel/db";
import type { Place } from "./count-rows";

const tables = ["submissions", "submission_keys", "deliveries", "delivery_attempts"];

/** Rows of one statement: on the embedded database upkeep comes between two of them. */
const chunkRows = 50_000;

/**
 * Messages number $1 to $2 of $3 as they are after a year, oldest first: judged, from addresses in no order, each with
 * the delivery that told the team and the attempt that did; retry keys are purged, so there are those of the last day.
 * They are short and long: of one length, each page would keep a gap into which new, shorter ones are then scattered.
 * $4 is the year's end.
 */
const insertChunk = `
  with numbered as (
    select i, md5(i::text) as noise, $4::timestamptz - interval '1 year' * (1 - i / $3::float8) as at
    from generate_series($1::int, $2::int) as i
  ), message as materialized (
    select i, noise, at, substr(noise, 1, 8) || '.' || i || '@example.com' as email,
      (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(noise, 1, 3)
        || '8' || substr(noise, 4, 15))::uuid as id
    from numbered
  ), stored as (
    insert into gatehouse.submissions (id, form, door, fields, language, email_normalised, reply_to, client,
      user_agent, content_hash, state, score, judged_at, updated_at)
    select id, 'contact', '/api/contact', jsonb_build_object('name', 'Ada ' || i, 'email', email, 'message',
        'Hello, please call me. ' || repeat('We would like to hear more. ', i * 7 % 20) || noise),
      'en', email, email, '203.0.113.7', 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
      decode(noise, 'hex'), 'inbox', 0, at, at
    from message
  ), held as (
    insert into gatehouse.submission_keys (form, key, content_hash, submission_id, expires_at)
    select 'contact', decode(noise, 'hex'), decode(noise, 'hex'), id, at + interval '1 day'
    from message where at > $4::timestamptz - interval '1 day'
  ), told as (
    insert into gatehouse.deliveries (id, submission_id, channel, target, state, attempts, remote_id, created_at)
    select id, id, 'owner_email', 'team@example.com', 'delivered', 1, '<' || id || '@example.com>', at from message
  )
  insert into gatehouse.delivery_attempts (id, delivery_id, n, started_at, took_ms, outcome, status, summary)
  select id, id, 1, at, 50, 'ok', 250, '<' || id || '@example.com>' from message`;

const keysAndIndexes = `
  select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop,
    format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as make
  from pg_constraint where contype = 'p' and conrelid = any($1::text[]::regclass[])
  union all
  select format('drop index %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
  from pg_index where not indisprimary and indrelid = any($1::text[]::regclass[])`;

/** Brings in so many old messages with all that belongs to them; keys and indexes are made at the end, as a restore does. */
export async function fillDatabase(place: Place, rows: number): Promise<void> {
  const database = await openDatabase({ DATABASE_URL: undefined, ...place }, () => {});
  const names = tables.map((table) => `gatehouse.${table}`);
  const end = new Date().toISOString();
  const chunks = Array.from({ length: Math.ceil(rows / chunkRows) }, (_, at) => at * chunkRows);
  try {
    const dropped = await database.exclusive(async ({ executeSql }) => {
      const { rows: found } = await executeSql(keysAndIndexes, [names]);
      for (const { drop } of found) await executeSql(String(drop));
      return found.map(({ make }) => String(make));
    });
    // As many sessions as the small server has processors; the embedded database has one.
    const sessions = database.kind === "embedded" ? 1 : 2;
    const eachOf = <T>(work: T[], run: (connection: Executor, one: T) => Promise<unknown>) =>
      Promise.all(
        Array.from({ length: sessions }, () =>
          database.exclusive(async (connection) => {
            await connection.executeSql("set maintenance_work_mem = '256MB'");
            // An index of five millions may take longer than the minute that a connection of this kind has.
            await connection.executeSql("set statement_timeout = 0");
            for (let one = work.shift(); one !== undefined; one = work.shift()) await run(connection, one);
          }),
        ),
      );
    await eachOf(chunks, ({ executeSql }, first) =>
      executeSql(insertChunk, [first + 1, Math.min(first + chunkRows, rows), rows, end]),
    );
    await eachOf(dropped, ({ executeSql }, make) => executeSql(make));
    await eachOf([...names], ({ executeSql }, name) => executeSql(`vacuum (freeze, analyze) ${name}`));
    await database.exclusive(({ executeSql }) => executeSql("checkpoint"));
  } finally {
    await database.close();
  }
}
