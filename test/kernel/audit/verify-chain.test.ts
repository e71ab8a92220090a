import { expect, test } from "bun:test";
import { audit, auditJobs, auditState, type Break, verifyChain } from "#/kernel/audit";
import { sealEvents } from "#/kernel/audit/seal-events";
import { tamper, writeEvent } from "../../support/audit-events";
import { openWorld } from "../../support/world";

const world = await openWorld();
const events = "gatehouse.audit_events";

world.describe("verifying the chain", () => {
  const { db, database } = world.kernel ?? {};
  /** More than are read at one time, so that the seams are walked over too. */
  const count = 520;
  const sealSome = async () => {
    await db.transaction(async (tx) => {
      for (let n = 1; n <= 20; n++) await writeEvent(tx, n);
    });
    await database.executeSql(`
      insert into ${events} (event, actor_id, subject_type, subject_id, outcome, data)
      select 'session.opened', n, 'user', n, 'ok', '{}' from generate_series(21, ${count}) n`);
    await sealEvents(db);
  };
  const change = (what: string, seq: number) => `update ${events} set ${what} where seq = ${seq}`;

  test("an empty audit holds, and so does one that was only sealed", async () => {
    expect(await verifyChain(db)).toMatchObject({ head: { seq: 0 }, broken: undefined });

    await sealSome();

    expect(await verifyChain(db)).toMatchObject({
      anchor: { seq: 0 },
      head: { seq: count },
      broken: undefined,
    });
    expect((await auditState(db)).chainOkAt).toBeInstanceOf(Date);
  });

  const forged = (seq: number) =>
    `insert into ${events} (event, subject_type, subject_id, outcome, seq, hash)
     select 'session.opened', 'user', '1', 'ok', ${seq}, hash from ${events} where seq = 1`;
  const tamperings: { what: string; statement: string; found: Break }[] = [
    ...[
      "event = 'account.enabled'",
      "actor_id = 8",
      "actor_id = null",
      "subject_type = 'form'",
      "subject_id = '0'",
      "outcome = 'refused'",
      "request_id = 'other'",
      "at = at + interval '1 microsecond'",
      "data = '{\"before\": 1}'",
      "details_digest = null",
      "hash = '\\x00'",
      "hash = null",
    ].map((what) => ({
      what: `altering ${what.split(" ")[0]}`,
      statement: change(what, 7),
      found: { seq: 7, why: "altered" as const },
    })),
    {
      what: "altering the last",
      statement: change("actor_id = 8", count),
      found: { seq: count, why: "altered" },
    },
    {
      what: "altering the details",
      statement: `update gatehouse.audit_details set details = '{"ip":"203.0.113.1"}' where event_id = (select id from ${events} where seq = 7)`,
      found: { seq: 7, why: "details" },
    },
    ...[1, 7, 500, 501, count].map((seq) => ({
      what: `deleting number ${seq}`,
      statement: `delete from ${events} where seq = ${seq}`,
      found: { seq, why: "missing" as const },
    })),
    { what: "deleting all", statement: `delete from ${events}`, found: { seq: 1, why: "missing" } },
    {
      what: "deleting one and closing the gap",
      statement: `delete from ${events} where seq = 7; update ${events} set seq = -seq where seq > 7;
        update ${events} set seq = -seq - 1 where seq < 0; update gatehouse.audit_chain set head_seq = head_seq - 1`,
      found: { seq: 7, why: "altered" },
    },
    { what: "inserting at the end", statement: forged(count + 1), found: { seq: count + 1, why: "foreign" } },
    { what: "inserting before the beginning", statement: forged(0), found: { seq: 0, why: "foreign" } },
    {
      what: "inserting in the middle",
      statement: `update ${events} set seq = -seq where seq >= 7; update ${events} set seq = -seq + 1 where seq < 0;
        ${forged(7)}; update gatehouse.audit_chain set head_seq = head_seq + 1`,
      found: { seq: 7, why: "altered" },
    },
    {
      what: "reordering two",
      statement: `update ${events} set seq = 0 where seq = 7; update ${events} set seq = 7 where seq = 8;
        update ${events} set seq = 8 where seq = 0`,
      found: { seq: 7, why: "altered" },
    },
    {
      what: "removing what says where it ends",
      statement: "delete from gatehouse.audit_chain",
      found: { seq: 1, why: "foreign" },
    },
  ];
  test.each(tamperings)("finds $what", async ({ statement, found }) => {
    await sealSome();
    await verifyChain(db);
    await tamper(database, statement);

    const { broken } = await verifyChain(db);

    expect(broken).toEqual(found);
    expect((await auditState(db)).chainOkAt).toBeNull();
  });

  test("erased details leave it whole", async () => {
    await sealSome();

    await database.executeSql("delete from gatehouse.audit_details");

    expect(await verifyChain(db)).toMatchObject({ head: { seq: count }, broken: undefined });
  });

  test("details of every kind read back as they were sealed", async () => {
    const details = {
      text: 'é"\\\u2028😀',
      big: 1e21,
      small: 5e-324,
      zero: -0,
      list: [null, true, { b: 1, a: [] }],
    };
    await audit(db, {
      event: "test.odd",
      actor: null,
      subject: { type: "x", id: 1 },
      data: details,
      details,
    });
    await sealEvents(db);

    expect(await verifyChain(db)).toMatchObject({ head: { seq: 1 }, broken: undefined });
  });

  test("holds while others write and seal", async () => {
    let writing = true;
    const work = [(n: number) => writeEvent(db, n), () => sealEvents(db)].map(async (step) => {
      for (let n = 0; writing; n++) await step(n);
    });

    for (let n = 0; n < 10; n++) expect((await verifyChain(db)).broken).toBeUndefined();
    writing = false;
    await Promise.all(work);

    expect((await auditState(db)).sealedSeq).toBeGreaterThan(0);
  });

  test("the nightly job puts the head into the log, and an alarm where it is broken", async () => {
    const verify = auditJobs.find(({ name }) => name === "audit.verify");
    const lines = () =>
      world.log.map((line) => JSON.parse(line)).filter(({ event }) => /^audit\./.test(event));
    await sealSome();

    await verify?.run(world.kernel, {});
    await tamper(database, change("actor_id = 8", 7));
    await verify?.run(world.kernel, {});

    const { head } = await auditState(db);
    const logged = expect.objectContaining({
      level: "info",
      event: "audit.head",
      seq: count,
      head,
      unsealed: 0,
    });
    const alarm = { level: "error", event: "audit.chain_broken", seq: 7, reason: "altered" };
    expect(lines()).toEqual([logged, expect.objectContaining(alarm), logged]);
  });
});
