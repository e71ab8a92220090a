import { expect, test } from "bun:test";
import { audit, auditState, startSealing, verifyChain } from "#/kernel/audit";
import { sealEvents } from "#/kernel/audit/seal-events";
import { writeEvent } from "../../support/audit-events";
import { openWorld } from "../../support/world";

const world = await openWorld();

world.describe("sealing", () => {
  const { db, database } = world.kernel ?? {};
  const places = async () => {
    const { rows } = await database.executeSql(
      "select seq, subject_id as subject from gatehouse.audit_events order by seq",
    );
    return rows.map(({ seq, subject }) => [seq && Number(seq), subject]);
  };

  test("events of 20 writers at once get one place each, without a gap", async () => {
    let writing = true;
    const sealing = (async () => {
      while (writing) await sealEvents(db);
    })();
    const writers = Array.from({ length: 20 }, async (_, writer) => {
      for (let n = 0; n < 15; n++) {
        const doomed = n % 5 === 4;
        const written = db.transaction(async (tx) => {
          await writeEvent(tx, `${writer}-${n}`);
          await writeEvent(tx, `${writer}-${n}`, "account.enabled");
          if (doomed) throw new Error("planted");
        });
        await written.catch((error) => expect(error.message).toBe("planted"));
      }
    });
    await Promise.all(writers);
    writing = false;
    await sealing;
    await sealEvents(db);

    const { head, broken } = await verifyChain(db);

    expect(broken).toBeUndefined();
    expect(head.seq).toBe(20 * 12 * 2);
    expect((await places()).map(([seq]) => seq)).toEqual(Array.from({ length: 480 }, (_, n) => n + 1));
    expect(await auditState(db)).toMatchObject({ sealedSeq: 480, unsealed: 0 });
  });

  test("two that seal at once do not get in each other's way", async () => {
    for (let n = 0; n < 600; n++) await writeEvent(db, n);

    await Promise.all([sealEvents(db), sealEvents(db), sealEvents(db)]);
    await sealEvents(db);

    expect(await verifyChain(db)).toMatchObject({ head: { seq: 600 }, broken: undefined });
  });

  test("the head stands in the table: sealing goes on where it ended, and an idle one changes nothing", async () => {
    await writeEvent(db, 1);
    await sealEvents(db);
    const first = await auditState(db);
    await sealEvents(db);
    const second = await auditState(db);
    await writeEvent(db, 2);
    await sealEvents(db);

    expect(first).toMatchObject({ sealedSeq: 1, head: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(second).toEqual(first);
    expect(await places()).toEqual([
      [1, "1"],
      [2, "2"],
    ]);
  });

  test("an event of a transaction that did not end stays without a place, and the figures show it", async () => {
    await writeEvent(db, "held");
    await database.executeSql(
      `begin; set local session_replication_role = replica;
       update gatehouse.audit_events set tx = (pg_snapshot_xmax(pg_current_snapshot())::text::int8 + 10000)::text::xid8; commit`,
    );
    await writeEvent(db, "settled");
    await sealEvents(db);

    const figures = await world.kernel.metrics.render();

    expect(await places()).toEqual([
      [1, "settled"],
      [null, "held"],
    ]);
    expect(await auditState(db)).toMatchObject({ sealedSeq: 1, unsealed: 1, chainOkAt: null });
    expect(figures).toContain("\naudit_unsealed_rows 1\n");
    expect(figures).toContain("\naudit_sealed_seq 1\n");
  });

  test("an event and its change are one: rolled back, neither is there", async () => {
    const change = (fail: boolean) =>
      db.transaction(async (tx) => {
        await tx.execute("insert into gatehouse.allowed_emails (pattern) values ('@example.com')");
        await audit(tx, {
          event: "admin.allowlist_changed",
          actor: null,
          subject: { type: "pattern", id: "x" },
        });
        if (fail) throw new Error("planted");
      });
    const traces = async () => {
      const { allowed_emails: changes, audit_events: events } = (await world.traces()).tables;
      return [changes?.length, events?.length];
    };

    await expect(change(true)).rejects.toThrow("planted");
    expect(await traces()).toEqual([0, 0]);
    await change(false);
    expect(await traces()).toEqual([1, 1]);
  });

  test("the stop seals what was written last", async () => {
    const sealing = startSealing(db, world.kernel.log);
    await writeEvent(db, "last");

    await sealing.stop();

    expect(await auditState(db)).toMatchObject({ sealedSeq: 1, unsealed: 0 });
  });

  test("a seal that fails is logged and not thrown", async () => {
    await writeEvent(db, 1);
    await sealEvents(db);
    await database.executeSql("delete from gatehouse.audit_chain");
    await writeEvent(db, 2);
    const sealing = startSealing(db, world.kernel.log);

    await sealing.stop();

    expect(world.log.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ event: "audit.seal_failed", errorCode: "23505" }),
    );
  });
});
