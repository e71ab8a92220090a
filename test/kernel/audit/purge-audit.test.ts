import { expect, test } from "bun:test";
import { audit, auditJobs, verifyChain } from "#/kernel/audit";
import { purgeAudit } from "#/kernel/audit/purge-audit";
import { sealEvents } from "#/kernel/audit/seal-events";
import { tamper, writeEvent } from "../../support/audit-events";
import { openWorld } from "../../support/world";

const world = await openWorld();
const retention = { AUDIT_DETAILS_DAYS: 90, AUDIT_MONTHS: 24 };

world.describe("retention", () => {
  const { db, database } = world.kernel ?? {};
  /** One event for each age, in that order in the chain. */
  const sealAged = async (...ages: string[]) => {
    for (const [n, age] of ages.entries()) {
      await writeEvent(db, n);
      await tamper(
        database,
        `update gatehouse.audit_events set at = now() - interval '${age}' where seq is null;
         update gatehouse.audit_details set at = now() - interval '${age}' where event_id = (select max(id) from gatehouse.audit_events)`,
      );
      await sealEvents(db);
    }
  };
  const left = async () => {
    const { rows } = await database.executeSql(`
      select seq::int, event_id is not null as details
      from gatehouse.audit_events left join gatehouse.audit_details on event_id = id order by seq`);
    return rows.map(({ seq, details }) => [seq, details]);
  };

  test("removes details first and events later, and what is left still verifies", async () => {
    await sealAged("40 months", "25 months", "23 months", "91 days", "89 days");

    expect(await purgeAudit(db, retention)).toEqual({ details: 4, events: 2 });

    expect(await left()).toEqual([
      [3, false],
      [4, false],
      [5, true],
    ]);
    expect(await verifyChain(db)).toMatchObject({ anchor: { seq: 2 }, head: { seq: 5 }, broken: undefined });
    await tamper(database, "delete from gatehouse.audit_events where seq = 3");
    expect((await verifyChain(db)).broken).toEqual({ seq: 3, why: "missing" });
  });

  test("keeps the order of the chain: an old event behind a young one waits for it", async () => {
    await sealAged("25 months", "1 day", "25 months");

    expect(await purgeAudit(db, retention)).toMatchObject({ events: 1 });

    expect((await left()).map(([seq]) => seq)).toEqual([2, 3]);
  });

  test("may remove every event; the chain goes on behind them", async () => {
    await sealAged("25 months", "25 months");

    await purgeAudit(db, retention);
    await writeEvent(db, 3);
    await sealEvents(db);

    expect(await left()).toEqual([[3, true]]);
    expect(await verifyChain(db)).toMatchObject({ anchor: { seq: 2 }, head: { seq: 3 }, broken: undefined });
  });

  test("leaves alone what is not sealed, and changes nothing a second time", async () => {
    await database.executeSql(
      "insert into gatehouse.audit_events (event, subject_type, subject_id, outcome, at) values ('test.old', 'x', '1', 'ok', now() - interval '10 years')",
    );

    expect(await purgeAudit(db, retention)).toEqual({ details: 0, events: 0 });
    await sealEvents(db);
    expect(await purgeAudit(db, retention)).toEqual({ details: 0, events: 1 });
    expect(await purgeAudit(db, retention)).toEqual({ details: 0, events: 0 });
  });

  test("takes more than one batch, and the details of an event never outlive it", async () => {
    await database.executeSql(`
      with old as (insert into gatehouse.audit_events (event, subject_type, subject_id, outcome, at)
        select 'test.old', 'x', n, 'ok', now() - interval '2 months' from generate_series(1, 1200) n returning id)
      insert into gatehouse.audit_details (event_id, salt, details) select id, '\\x00', '{}' from old`);
    await sealEvents(db);

    expect(await purgeAudit(db, { AUDIT_DETAILS_DAYS: 90, AUDIT_MONTHS: 1 })).toEqual({
      details: 0,
      events: 1200,
    });

    expect((await world.traces()).tables).toMatchObject({ audit_events: [], audit_details: [] });
  });

  test("what goes while the chain is verified is no break", async () => {
    await database.executeSql(`
      insert into gatehouse.audit_events (event, subject_type, subject_id, outcome, at)
      select 'test.old', 'x', n, 'ok', now() - interval '30 months' from generate_series(1, 2600) n`);
    await sealEvents(db);
    let purging = true;
    const purged = purgeAudit(db, retention).finally(() => {
      purging = false;
    });

    const found = [];
    while (purging) found.push((await verifyChain(db)).broken);

    expect(await purged).toMatchObject({ events: 2600 });
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter((broken) => broken)).toEqual([]);
  });

  test("runs as a job with the ages of the configuration", async () => {
    await sealAged("25 months", "1 day");
    await audit(db, { event: "test.young", actor: null, subject: { type: "x", id: 1 } });

    await auditJobs.find(({ name }) => name === "audit.purge")?.run(world.kernel, {});

    expect((await left()).map(([seq]) => seq)).toEqual([2, null]);
    expect(world.log.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ event: "audit.purged", rows: 2 }),
    );
  });
});
