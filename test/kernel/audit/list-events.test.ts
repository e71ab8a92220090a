import { expect, test } from "bun:test";
import { audit, listEvents, recentEventsOf } from "#/kernel/audit";
import { rowsOf } from "#/kernel/db/rows";
import { openWorld } from "../../support/world";

const world = await openWorld();

world.describe("reading the audit", () => {
  const { db, database } = world.kernel ?? {};
  const write = (event: string, actor: number | null, subject: string, more = {}) =>
    audit(db, { event, actor, subject: { type: "user", id: subject }, ...more });
  const names = async (filters: Partial<Parameters<typeof listEvents>[1]>) =>
    (await listEvents(db, { limit: 50, ...filters })).items.map(({ event }) => event);

  test("gives whole events, newest first", async () => {
    const origin = { requestId: "r1", ip: "192.0.2.1", agent: null };
    await write("account.registered", null, "1");
    await write("account.role_changed", 1, "2", {
      data: { after: "editor" },
      details: { note: "x" },
      origin,
    });

    const { items, next } = await listEvents(db, { limit: 50 });

    expect(next).toBeNull();
    expect(items).toEqual([
      {
        id: expect.any(Number),
        at: expect.any(Date),
        event: "account.role_changed",
        actor: 1,
        subject: { type: "user", id: "2" },
        outcome: "ok",
        requestId: "r1",
        data: { after: "editor" },
        details: { note: "x", ip: "192.0.2.1", agent: null },
        seq: null,
      },
      expect.objectContaining({ event: "account.registered", actor: null, requestId: null, details: null }),
    ]);
  });

  test("every filter leaves what fits, alone and together", async () => {
    const origin = { requestId: "r9", ip: "192.0.2.1", agent: null };
    await write("session.opened", 1, "1", { origin });
    await write("session.refused", null, "1", { outcome: "refused" });
    await write("sessions.other", 2, "2");
    await write("account.disabled", 2, "1");
    const user = (id: string) => ({ type: "user", id });

    expect(await names({ event: "session.refused" })).toEqual(["session.refused"]);
    expect(await names({ event: "session." })).toEqual(["session.refused", "session.opened"]);
    expect(await names({ event: "session" })).toEqual([]);
    expect(await names({ event: "_ession." })).toEqual([]);
    expect(await names({ actor: 2 })).toEqual(["account.disabled", "sessions.other"]);
    expect(await names({ subject: user("2") })).toEqual(["sessions.other"]);
    expect(await names({ subject: { type: "form", id: "2" } })).toEqual([]);
    expect(await names({ outcome: "refused" })).toEqual(["session.refused"]);
    expect(await names({ outcome: "ok" })).toEqual(["account.disabled", "sessions.other", "session.opened"]);
    expect(await names({ requestId: "r9" })).toEqual(["session.opened"]);
    expect(await names({ subject: user("1"), event: "session.", outcome: "ok" })).toEqual(["session.opened"]);
    expect(await names({ event: "session.", outcome: "refused" })).toEqual(["session.refused"]);
  });

  test("the last 30 days, unless from or to is said", async () => {
    // Half a minute lies between two of them: ids alone do not part those.
    const ages = [400, 31, 29.0003, 29, 0];
    for (const days of ages)
      await database.executeSql(`
        insert into gatehouse.audit_events (event, subject_type, subject_id, outcome, at)
        values ('test.${days}', 'x', '1', 'ok', now() - interval '${days} days')`);
    const ago = (days: number) => new Date(Date.now() - days * 86_400_000);

    expect(await names({})).toEqual(["test.0", "test.29", "test.29.0003"]);
    expect(await names({ from: ago(32) })).toEqual(["test.0", "test.29", "test.29.0003", "test.31"]);
    expect(await names({ from: ago(29.0001) })).toEqual(["test.0", "test.29"]);
    expect(await names({ to: ago(29.0001), from: ago(30) })).toEqual(["test.29.0003"]);
    expect(await names({ to: ago(30) })).toEqual(["test.31", "test.400"]);
    expect(await names({ from: ago(32), to: ago(28) })).toEqual(["test.29", "test.29.0003", "test.31"]);
    expect(await names({ from: ago(28), to: ago(1) })).toEqual([]);
    expect(await names({ event: "test.", from: ago(32), to: ago(30) })).toEqual(["test.31"]);
  });

  test("pages by id: every event once, in pages of at most 200", async () => {
    await database.executeSql(`
      insert into gatehouse.audit_events (event, subject_type, subject_id, outcome)
      select 'test.' || n % 3, 'x', n, 'ok' from generate_series(1, 450) n`);
    const read = async (filters: { event?: string }, limit: number) => {
      const pages: string[][] = [];
      for (let after: number | null | undefined; after !== null; ) {
        const page = await listEvents(db, { ...filters, limit, ...(after && { after }) });
        pages.push(page.items.map(({ subject }) => subject.id));
        after = page.next;
      }
      return pages;
    };

    const falling = Array.from({ length: 450 }, (_, n) => String(450 - n));
    for (const event of [undefined, "test."]) {
      const pages = await read(event ? { event } : {}, 1_000);
      expect(pages.map((page) => page.length)).toEqual([200, 200, 50]);
      expect(pages.flat()).toEqual(falling);
    }
    expect((await read({ event: "test.0" }, 150)).map((page) => page.length)).toEqual([150]);
  });

  test("a person's own events: what they did and what was done to them, each once, without details", async () => {
    await write("account.registered", null, "5", { details: { address: "ada@example.com" } });
    await write("settings.changed", 5, "5");
    await write("account.disabled", 5, "6");
    await write("account.enabled", 6, "6");
    await write("account.role_changed", 1, "5");

    const events = await recentEventsOf(db, 5, 3);

    expect(events.map(({ event }) => event)).toEqual([
      "account.role_changed",
      "account.disabled",
      "settings.changed",
    ]);
    expect((await recentEventsOf(db, 5, 9)).map(({ details }) => details)).toEqual([null, null, null, null]);
  });
});

world.describe("among many events", () => {
  const { db, database } = world.kernel ?? {};
  const events = 20_000;
  const limit = 20;
  // The rare ones lie before the last 30 days, so that nothing ends the search but its bounds.
  const fill = () =>
    database.executeSql(`
      insert into gatehouse.audit_events (event, actor_id, subject_type, subject_id, outcome, request_id, at)
      select case when n < 50 then 'rare.' || n % 5 else 'session.' || n % 7 end,
        n % 100, 'user', case when n < 50 then 'rare' else (n % 500)::text end,
        case when n % 100 = 0 then 'refused' else 'ok' end, 'r' || n, now() - (${events} - n) * interval '5 minutes'
      from generate_series(1, ${events}) n; analyze gatehouse.audit_events`);

  /** Rows of the table that it reads, whichever way. The figures go on from one transaction to the next. */
  const rowsRead = (read: (tx: typeof db) => Promise<unknown>) =>
    db.transaction(async (tx) => {
      const soFar = async () => {
        const result = await tx.execute(
          "select (seq_tup_read + idx_tup_fetch)::int as rows from pg_stat_xact_user_tables where relname = 'audit_events'",
        );
        return rowsOf<{ rows: number }>(result)[0]?.rows ?? 0;
      };
      await tx.execute("set local max_parallel_workers_per_gather = 0");
      const before = await soFar();
      await read(tx);
      return (await soFar()) - before;
    });

  const day = 86_400_000;
  const now = Date.now();
  const searches: [string, Partial<Parameters<typeof listEvents>[1]>][] = [
    ["everything", {}],
    ["a page in the middle", { after: 10_000 }],
    ["an event", { event: "session.3" }],
    ["an event that does not exist", { event: "session.x" }],
    ["an event before the window", { event: "rare.1" }],
    ["a module", { event: "session." }],
    ["a module before the window", { event: "rare." }],
    ["a person", { actor: 17 }],
    ["a person's part of a module", { actor: 17, event: "rare." }],
    ["nobody", { actor: 1_000 }],
    ["a subject", { subject: { type: "user", id: "40" } }],
    ["a subject before the window", { subject: { type: "user", id: "rare" } }],
    ["a request", { requestId: "r19000" }],
    ["what was refused", { outcome: "refused" }],
    ["what was done", { outcome: "ok" }],
    ["a span long ago", { from: new Date(now - 60 * day), to: new Date(now - 59 * day) }],
    ["up to a moment long ago", { to: new Date(now - 60 * day) }],
    ["an event up to a moment long ago", { event: "session.3", to: new Date(now - 60 * day) }],
  ];
  test("no search reads much more than it gives", async () => {
    await fill();

    const read: Record<string, number> = {};
    for (const [title, filters] of searches)
      read[title] = await rowsRead((tx) => listEvents(tx, { limit, ...filters }));
    read["a person's own"] = await rowsRead((tx) => recentEventsOf(tx, 17, limit));

    // A page, found and then read; a module has one for each of its events.
    expect(Object.entries(read).filter(([, rows]) => rows > 250)).toEqual([]);
    expect(await rowsRead((tx) => tx.execute("select count(data) from gatehouse.audit_events"))).toBe(events);
  }, 30_000);
});
