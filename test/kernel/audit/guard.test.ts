import { expect, test } from "bun:test";
import { verifyChain } from "#/kernel/audit";
import { sealEvents } from "#/kernel/audit/seal-events";
import { writeEvent } from "../../support/audit-events";
import { openWorld } from "../../support/world";

const world = await openWorld();

world.describe("the triggers", () => {
  const { db, database } = world.kernel ?? {};
  const events = "gatehouse.audit_events";
  const said = (months: number) =>
    `select set_config('gatehouse.audit_kept_from', (now() - make_interval(months => ${months}))::text, true)`;
  const aged = (age: string) =>
    `insert into ${events} (event, subject_type, subject_id, outcome, at) values ('test.old', 'x', '1', 'ok', now() - interval '${age}')`;

  test.each([
    ["what happened", `update ${events} set event = 'account.enabled'`],
    ["who did it", `update ${events} set actor_id = 8`],
    ["when", `update ${events} set at = at + interval '1 microsecond'`],
    ["its data", `update ${events} set data = '{}'`],
    ["the digest of its details", `update ${events} set details_digest = null`],
    ["a place without a hash", `update ${events} set seq = 9 where seq is null`],
    ["a hash without a place", `update ${events} set hash = '\\x00' where seq is null`],
    ["its place, a second time", `update ${events} set seq = 9, hash = '\\x00' where seq = 1`],
    ["its place, taken away", `update ${events} set seq = null, hash = null where seq = 1`],
    [
      "its place together with more",
      `update ${events} set seq = 9, hash = '\\x00', tx = '1' where seq is null`,
    ],
    ["its details", "update gatehouse.audit_details set details = '{}'"],
  ])("refuse a change of %s", async (_what, statement) => {
    await writeEvent(db, 1);
    await sealEvents(db);
    await writeEvent(db, 2);
    const before = await world.traces();

    await expect(database.executeSql(statement)).rejects.toMatchObject({ code: "23001" });

    expect(await world.traces()).toEqual(before);
    expect(await verifyChain(db)).toMatchObject({ broken: undefined });
  });

  test.each([
    ["a young event", "select 1", "1 day", true],
    ["an old event where nobody said up to when", "select 1", "60 months", true],
    ["an event that is younger than what was said", said(24), "23 months", true],
    ["an event of this month, whatever was said", said(-24), "20 days", true],
    ["an event that was never sealed", said(24), "25 months", false],
  ])("refuse to delete %s", async (_what, before, age, sealed) => {
    await database.executeSql(aged(age));
    if (sealed) await sealEvents(db);

    const deleting = database.executeSql(`begin; ${before}; delete from ${events}; commit`);

    await expect(deleting).rejects.toMatchObject({ code: "23001" });
    expect((await world.traces()).tables.audit_events).toHaveLength(1);
  });

  test("let an old event go where that was said, in that transaction alone", async () => {
    await database.executeSql(`${aged("25 months")}; ${aged("26 months")}`);
    await sealEvents(db);

    await database.executeSql(`begin; ${said(24)}; delete from ${events} where seq = 1; commit`);

    await expect(database.executeSql(`delete from ${events}`)).rejects.toMatchObject({ code: "23001" });
    expect((await world.traces()).tables.audit_events).toHaveLength(1);
  });

  test("refuse to empty the table", async () => {
    await expect(database.executeSql(`truncate ${events}`)).rejects.toMatchObject({ code: "23001" });
  });
});
