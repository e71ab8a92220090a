import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { checkFiles } from "../support/check-whole";
import { embeddedPlace, kindsUnderTest, openPlaces, type Place } from "../support/databases";
import { type Started, startExecutable } from "../support/executable";
import type { PostgresServer } from "../support/postgres";
import { startSenders } from "../support/senders";
import { countOrphans, tally } from "../support/tally";

/** More for a campaign: `KILLS=50 bun test test/faults/kill.test.ts --timeout 1000000`. */
const kills = Number(process.env.KILLS ?? 5);
const clients = 20;

const places = await openPlaces();
afterAll(places.close);

const orphansIn = (place: Place) => place.inspect(countOrphans);

/** Reads every table and index of it whole (D17), while no executable runs; says what it has looked at. */
async function amcheck({ env, kind }: Place): Promise<string> {
  if (kind === "postgres") {
    await (places.server as PostgresServer).amcheck(env.DATABASE_URL as string);
    return "pg_amcheck clean";
  }
  const { checked, broken } = await checkFiles(join(env.DATA_DIR as string, "pgdata"));
  expect(broken).toEqual([]);
  expect(checked).toBeGreaterThan(100);
  return `amcheck of ${checked} relations clean`;
}

describe.each(places.kinds)("kill -9 under load, %s", (kind) => {
  test(
    "loses no acknowledged message, doubles none, and leaves no row without its job",
    async () => {
      using place = await places.open(kind);
      let running: Started = await startExecutable(place.env);
      const senders = startSenders(() => running.url, clients);
      const orphans: Awaited<ReturnType<typeof countOrphans>>[] = [];
      let longestRestart = 0;

      for (let kill = 0; kill < kills; kill++) {
        await Bun.sleep(200 + Math.random() * 2_800);
        await running.kill("SIGKILL");
        using copy = place.snapshot();
        const looked = orphansIn(copy ?? place);
        if (!copy) orphans.push(await looked);
        const began = performance.now();
        running = await startExecutable({ ...place.env, PORT: String(running.port) });
        longestRestart = Math.max(longestRestart, performance.now() - began);
        if (copy) orphans.push(await looked);
      }
      await senders.finish();
      await running.kill();

      const found = await place.inspect((database) => tally(database, senders.sent));
      const sound = await amcheck(place);
      console.error(
        `${kind}: ${found.acknowledged} acknowledged, ${found.missing} missing, ${found.doubled} doubled, ${kills} kills,`,
        `${orphans.map(({ waiting }) => waiting).join(" ")} rows waiting for their job at the kills,`,
        `longest restart ${Math.round(longestRestart)} ms, longest answer ${senders.longestMs()} ms, ${sound}`,
      );
      expect(found).toMatchObject({ missing: 0, doubled: 0, foreign: 0 });
      expect(found.acknowledged).toBe(senders.sent.length);
      expect(found.acknowledged).toBeGreaterThan(clients * kills);
      expect(
        orphans.filter((each) => each.rowsWithoutJob + each.deliveriesWithoutJob + each.jobsWithoutRow),
      ).toEqual([]);
      expect({ strange: senders.strange, hung: senders.hung() }).toEqual({ strange: [], hung: 0 });
    },
    30_000 + kills * 15_000,
  );
});

test.each(kindsUnderTest("embedded"))(
  "%s: a row that has lost its job, a lost row and a doubled one would be seen",
  async () => {
    using place = embeddedPlace();
    const running = await startExecutable(place.env);
    const senders = startSenders(() => running.url, clients);
    while (senders.acknowledged().length < 200) await Bun.sleep(10);
    await running.kill("SIGKILL");
    await senders.stop();

    const [before, orphans, after] = await place.inspect(async (database) => {
      const before = await tally(database, senders.sent);
      await database.executeSql(
        "update gatehouse.submissions set state = 'received' where id = (select min(id::text)::uuid from gatehouse.submissions)",
      );
      await database.executeSql(
        `update gatehouse_jobs.job_common
           set data = jsonb_set(data, '{submissionIds}', (data->'submissionIds') - (select min(id::text) from gatehouse.submissions))
           where name = 'forms.process'`,
      );
      const orphans = await countOrphans(database);
      const last = "(select max(id::text)::uuid from gatehouse.submissions)";
      await database.executeSql(
        `insert into gatehouse.submissions (id, form, door, fields, language, content_hash)
       select gen_random_uuid(), form, door, fields, language, content_hash from gatehouse.submissions where id = ${last}`,
      );
      await database.executeSql(
        "delete from gatehouse.submissions where id = (select min(id::text)::uuid from gatehouse.submissions)",
      );
      return [before, orphans, await tally(database, senders.sent)] as const;
    });

    expect(before).toMatchObject({ missing: 0, doubled: 0, foreign: 0 });
    expect(orphans.rowsWithoutJob).toBe(1);
    expect(after).toMatchObject({ missing: 1, doubled: 1, foreign: 0 });
  },
  30_000,
);
