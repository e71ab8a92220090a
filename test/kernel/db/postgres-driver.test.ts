import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test";
import postgres, { type Sql } from "postgres";
import { within } from "#/kernel/db/within";
import { startPostgres } from "../../support/postgres";
import { type FaultyProxy, startProxy } from "../../support/proxy";

const server = await startPostgres();
afterAll(async () => server?.stop());

/**
 * What `postgres@3.4.9.patch` mends: as published, the one keeps the process from ending, the other takes the pool its only
 * connection.
 */
describe.skipIf(!server)("the patched driver", () => {
  let proxy: FaultyProxy;
  let sql: Sql;
  beforeEach(async () => {
    const url = new URL(server?.url as string);
    proxy = await startProxy(Number(url.port));
    url.port = String(proxy.port);
    sql = postgres(url.href, { max: 1, backoff: 0.2 as unknown as boolean });
  });
  afterEach(async () => {
    await sql.end({ timeout: 0 });
    await proxy.stop();
  });
  const answer = () => within(5_000, sql.unsafe("select 1 as n"));

  test("opens no connection for a reservation that was refused, once it has ended", async () => {
    await proxy.become("gone");
    const refusal = await sql.reserve().catch((error) => error);
    await sql.end({ timeout: 1 });
    await proxy.become("none");
    // It would come with the driver's next attempt, 0.2 s after the first.
    await Bun.sleep(600);

    expect(refusal).toMatchObject({ code: "ECONNREFUSED" });
    expect(proxy.accepted()).toBe(0);
  });

  test("uses a connection whose first query was taken back while it opened", async () => {
    await proxy.become("stalled");
    const query = sql.unsafe("select 2 as n");
    const refusal = query.execute().catch((error) => error);
    query.cancel();
    await proxy.become("none");

    expect(await refusal).toMatchObject({ code: "57014" });
    expect(await answer()).toMatchObject([{ n: 1 }]);
  });
});
