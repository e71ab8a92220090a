import { drizzle } from "drizzle-orm/postgres-js";
import postgres, { type Options, type Sql } from "postgres";
import type { Log } from "#/kernel/log";
import { bareErrors } from "./bare-errors";
import type { Database, Db, Executor } from "./database";
import { readRows, toParameter } from "./execute-sql";
import { guardQueries, usualLimits } from "./guard-queries";
import { isLost } from "./postgres-faults";
import { type Probe, watchReachability } from "./reachability";
import { within } from "./within";

const probeMilliseconds = 2_000;

/**
 * The driver is patched (`postgres@3.4.9.patch`): as published, a connection that ends inside a transaction throws
 * where nobody can catch it, and what is left of the transaction can run inside somebody else's (its issues 1208, 1216).
 * `backoff` as a number of seconds: the driver takes it, its types do not. As a function it stalled for 5.2 s once.
 */
const settings = {
  backoff: 0.2 as unknown as boolean,
  connect_timeout: 5,
  onnotice: () => {},
} satisfies Options<Record<string, never>>;

const sessionOf = (statementMilliseconds: number) => ({
  application_name: "gatehouse",
  statement_timeout: statementMilliseconds,
  idle_in_transaction_session_timeout: 10_000,
});

/**
 * Opens a pool on a PostgreSQL server (`?max=` in the URL sets its size, default 10). A server that is away does not
 * fail it: until it answers, every query is refused at once with 503. Waits at most two seconds for a first answer.
 */
export async function openPostgres(url: string, log: Log, limits = usualLimits): Promise<Database> {
  bareErrors();
  const open = () => postgres(url, { ...settings, connection: sessionOf(limits.statement) });
  let pool = open();
  const { options } = pool;
  const guard = guardQueries(
    () => pool,
    () => health,
    limits,
  );
  const health = watchReachability(() => probe(url), log, {
    onLost: guard.refuseAll,
    onBack(after) {
      if (after !== "silent") return;
      // Connections that fell silent may never notice, so they are left behind.
      const silent = pool;
      pool = withParsers(open(), options);
      void silent.end({ timeout: 5 });
    },
  });
  const db = drizzle(guard.client(options) as unknown as Sql, { casing: "snake_case" }) as unknown as Db;
  let closing: Promise<void> | undefined;
  await health.doubt();

  return {
    kind: "postgres",
    db,
    executeSql: toExecutor(() => pool, guard.run).executeSql,
    exclusive: (work) => exclusively(url, options, work),
    async check() {
      const answers = await guard.run(() => pool.unsafe("select 1"), undefined, 2_000).catch(() => undefined);
      return answers ? { ok: true, detail: "answers" } : { ok: false, detail: "cannot be reached" };
    },
    hasRoom: () => true,
    meter: guard.meter,
    close() {
      health.stop();
      closing ??= pool.end({ timeout: 5 });
      return closing;
    },
  };
}

/** Gives a client the parsers that drizzle has set on the first pool. */
function withParsers(client: Sql, { parsers, serializers }: Sql["options"]): Sql {
  Object.assign(client.options.parsers, parsers);
  Object.assign(client.options.serializers, serializers);
  return client;
}

/** Asks on a connection of its own, because those of the pool may all be waiting. */
async function probe(url: string): ReturnType<Probe> {
  const client = postgres(url, { ...settings, connect_timeout: 2, max: 1, fetch_types: false });
  try {
    await within(probeMilliseconds, client.unsafe("select 1"));
    return { verdict: "answers" };
  } catch (error) {
    const code = String((error as { code?: unknown }).code ?? "timeout");
    return { verdict: isLost(error) && code !== "CONNECT_TIMEOUT" ? "lost" : "silent", code };
  } finally {
    void client.end({ timeout: 0 });
  }
}

/** A connection outside the pool, where a statement takes its time: an index of a large table needs minutes. */
async function exclusively<T>(
  url: string,
  options: Sql["options"],
  work: (connection: Executor) => Promise<T>,
): Promise<T> {
  const connection = sessionOf(0);
  const client = withParsers(postgres(url, { ...settings, max: 1, connection }), options);
  try {
    return await work(
      toExecutor(
        () => client,
        (begin) => begin(),
      ),
    );
  } finally {
    await client.end({ timeout: 1 });
  }
}

type Run = <T>(work: () => Promise<T>, expire?: () => void) => Promise<T>;

const toExecutor = (pool: () => Sql, run: Run): Executor => ({
  executeSql: (text, values = []) =>
    values.length > 0
      ? run(async () => ({ rows: readRows(await pool().unsafe(text, values.map(toParameter) as never[])) }))
      : runSeveral(pool(), text, run),
});

/** The driver refuses `begin` on a pool, so statements without values get a connection for themselves. */
function runSeveral(pool: Sql, text: string, run: Run) {
  let expired = false;
  return run(
    async () => {
      const connection = await pool.reserve();
      try {
        if (expired) return { rows: [] };
        return { rows: readRows(await connection.unsafe(text)) };
      } catch (error) {
        if (!isLost(error)) await connection.unsafe("rollback").catch(() => {});
        throw error;
      } finally {
        connection.release();
      }
    },
    () => {
      expired = true;
    },
  );
}
