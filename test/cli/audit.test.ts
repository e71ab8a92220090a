import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { sealEvents } from "#/kernel/audit/seal-events";
import { migrate } from "#/kernel/db";
import { tamper, writeEvent } from "../support/audit-events";
import { runGatehouse } from "../support/command";
import { openPlaces, type Place } from "../support/databases";
import { startServe } from "../support/serve";

setDefaultTimeout(60_000);

const places = await openPlaces();
afterAll(places.close);
const verify = ({ env }: Place) => runGatehouse(["audit", "verify"], { env, cwd: "/", deadlineMs: 30_000 });
const silent = () => {};

describe.each(places.kinds)("audit verify, %s", (kind) => {
  test("prints head, count and what is not sealed; a server that stops has sealed all", async () => {
    using place = await places.open(kind);
    await place.inspect(async (database) => {
      await migrate(database, silent);
      await writeEvent(database.db, 1);
      await sealEvents(database.db);
      await writeEvent(database.db, 2);
    });

    const alone = await verify(place);
    await using server = await startServe(place.env);
    const beside = await verify(place);
    await server.kill();
    const after = await verify(place);

    const told = (sealed: number, unsealed: number) => ({
      code: 0,
      stdout: expect.stringMatching(
        new RegExp(`^head      ${sealed} [0-9a-f]{64}\nsealed    ${sealed}\nunsealed  ${unsealed}\n$`),
      ),
      stderr: "",
    });
    expect(alone).toEqual(told(1, 1));
    expect(beside).toEqual(told(1, 1));
    expect(after).toEqual(told(2, 0));
  });

  test("ends with 1 and names the first event that is not right", async () => {
    using place = await places.open(kind);
    await place.inspect(async (database) => {
      await migrate(database, silent);
      for (const n of [1, 2, 3]) await writeEvent(database.db, n);
      await sealEvents(database.db);
      await tamper(database, "update gatehouse.audit_events set actor_id = 9 where seq >= 2");
    });

    const { code, stdout, stderr } = await verify(place);

    expect(code).toBe(1);
    expect(stdout).toContain("sealed    3\n");
    expect(stderr).toBe(
      "gatehouse: The audit is not what was sealed: event 2 was changed or put in another's place\n",
    );
  });

  test("says where the chain begins once old events are gone, and refuses an older schema", async () => {
    using place = await places.open(kind);
    await place.inspect(async (database) => {
      await migrate(database, silent);
      await writeEvent(database.db, 1);
      await sealEvents(database.db);
      await tamper(
        database,
        "delete from gatehouse.audit_events; update gatehouse.audit_chain set anchor_seq = head_seq, anchor_hash = head_hash",
      );
    });

    const purged = await verify(place);
    await place.inspect((database) =>
      database.executeSql("delete from gatehouse.migrations where name = '0004_audit_guard'"),
    );
    const older = await verify(place);

    expect(purged).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("\nsealed    0, after 1 that reached their age\n"),
    });
    expect(older).toMatchObject({ code: 1, stderr: expect.stringContaining('"gatehouse migrate" mends it') });
  });
});

test.each([[["audit"]], [["audit", "mend"]], [["audit", "verify", "all"]], [["audit", "verify", "--all"]]])(
  "%p ends with 2",
  async (args) => {
    const { code, stdout, stderr } = await runGatehouse(args);

    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/audit verify|--all/);
  },
);
