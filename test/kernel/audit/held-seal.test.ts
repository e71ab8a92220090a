import { expect, test } from "bun:test";
import { auditState, verifyChain } from "#/kernel/audit";
import { sealEvents } from "#/kernel/audit/seal-events";
import { writeEvent } from "../../support/audit-events";
import { openWorld } from "../../support/world";

/** The embedded database has one session: there a transaction that is open keeps everybody else out. */
const world = await openWorld({ database: "postgres" });

world.describe("while a transaction is open", () => {
  test.each(["in the same database", "in another database of the server"])(
    "%s, the seal is held back, and goes on in order afterwards",
    async (where) => {
      const { kernel, server } = world;
      const url = where.includes("another") ? await server?.createDatabase() : server?.url;
      await using other = new Bun.SQL(url ?? "", { max: 1 });
      await other.unsafe("begin; select pg_current_xact_id()");
      if (url === server?.url)
        await other.unsafe(
          "insert into gatehouse.audit_events (event, subject_type, subject_id, outcome) values ('test.first', 'x', '1', 'ok')",
        );
      await writeEvent(kernel.db, 2);

      await sealEvents(kernel.db);
      const held = await auditState(kernel.db);
      await other.unsafe("commit");
      await sealEvents(kernel.db);

      const written = url === server?.url ? 2 : 1;
      expect(held).toMatchObject({ sealedSeq: 0, unsealed: 1 });
      expect(await auditState(kernel.db)).toMatchObject({ sealedSeq: written, unsealed: 0 });
      expect(await verifyChain(kernel.db)).toMatchObject({ broken: undefined });
      const { rows } = await kernel.database.executeSql(
        "select subject_id from gatehouse.audit_events order by seq desc limit 1",
      );
      expect(rows).toEqual([{ subject_id: "2" }]);
    },
  );
});
