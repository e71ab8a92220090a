import { beforeEach, expect, test } from "bun:test";
import { purgeSubmissions } from "#/modules/forms/retention/purge-expired";
import {
  deliveries,
  deliveryAttempts,
  type StoredState,
  submissionNotes,
  submissions,
} from "#/modules/forms/tables";
import { type Ask, askAs, feedback, masterCode } from "../support/team-forms";
import { openWorld } from "../support/world";

const world = await openWorld({ env: { DEV_MASTER_OTP: masterCode, FORMS_RETENTION_DAYS: "100" } });
const { describe } = world;
const DAY_MS = 86_400_000;

let dev: Ask;
beforeEach(async () => {
  if (!world.kernel) return;
  dev = await askAs(world, "dev");
});

type Sketch = { form: string; state: StoredState; days: number; kind?: "real" | "test" | "canary" };

/** Messages of some age, each with a note and a delivery that was tried. */
async function store(...sketches: Sketch[]): Promise<string[]> {
  const { db } = world.kernel;
  const ids = sketches.map(({ days }) => Bun.randomUUIDv7("hex", Date.now() - days * DAY_MS));
  for (const [at, { days: _, ...sketch }] of sketches.entries()) {
    const id = ids[at]!;
    await db.insert(submissions).values({
      id,
      ...sketch,
      door: "/f/made",
      fields: {},
      language: "en",
      contentHash: Buffer.alloc(16),
    });
    await db.insert(submissionNotes).values({ id: Bun.randomUUIDv7(), submissionId: id, text: "Noted" });
    const deliveryId = Bun.randomUUIDv7();
    await db
      .insert(deliveries)
      .values({ id: deliveryId, submissionId: id, channel: "slack", target: "", state: "delivered" });
    await db.insert(deliveryAttempts).values({
      id: Bun.randomUUIDv7(),
      deliveryId,
      n: 1,
      startedAt: new Date(),
      tookMs: 1,
      outcome: "ok",
      summary: "",
    });
  }
  return ids;
}

const due = async () => {
  const { body } = await dev("/retention");
  const items: { form: string; due: Record<string, number> }[] = body.items;
  return {
    complete: body.complete,
    forms: Object.fromEntries(
      items.filter((one) => Object.keys(one.due).length > 0).map((one) => [one.form, one.due]),
    ),
  };
};

describe("what was kept long enough", () => {
  test("is told beforehand and deleted with all that belongs to it; the rest stays", async () => {
    await dev("/forms", "POST", { ...feedback, retention: { days: 10, spam_days: 2 } });
    const kept = await store(
      { form: "contact", state: "inbox", days: 99 },
      { form: "contact", state: "held", days: 89 },
      { form: "contact", state: "spam", days: 29 },
      { form: "contact", state: "inbox", days: 6, kind: "test" },
      { form: "feedback", state: "inbox", days: 9 },
      { form: "feedback", state: "held", days: 89 },
      { form: "feedback", state: "spam", days: 1 },
    );
    await store(
      { form: "contact", state: "inbox", days: 101 },
      { form: "contact", state: "erased", days: 101 },
      { form: "contact", state: "held", days: 91 },
      { form: "contact", state: "spam", days: 31 },
      { form: "contact", state: "expired", days: 31 },
      { form: "contact", state: "inbox", days: 8, kind: "test" },
      { form: "_canary", state: "inbox", days: 8, kind: "canary" },
      { form: "feedback", state: "inbox", days: 11 },
      { form: "feedback", state: "inbox", days: 12 },
      { form: "feedback", state: "spam", days: 3 },
    );
    const told = await due();

    await purgeSubmissions(world.kernel);

    const { tables } = await world.traces();
    expect(told).toEqual({
      complete: true,
      forms: {
        contact: { inbox: 1, erased: 1, held: 1, spam: 1, expired: 1, test: 1 },
        _canary: { test: 1 },
        feedback: { inbox: 2, spam: 1 },
      },
    });
    expect(tables.submissions?.map(({ id }) => id).toSorted()).toEqual(kept.toSorted());
    const owners = [tables.submission_notes, tables.deliveries].map((rows) =>
      rows?.map((row) => row.submission_id).toSorted(),
    );
    expect(owners).toEqual([kept.toSorted(), kept.toSorted()]);
    expect(tables.delivery_attempts).toHaveLength(kept.length);
    const events = tables.audit_events?.filter(({ event }) => event === "submission.purged") ?? [];
    expect(
      Object.fromEntries(
        events.map(({ subject_id, data }) => [subject_id, (data as { deleted: object }).deleted]),
      ),
    ).toEqual(told.forms);
    expect(await due()).toEqual({ complete: true, forms: {} });
    await purgeSubmissions(world.kernel);
    expect((await world.traces()).tables.audit_events).toHaveLength(tables.audit_events?.length ?? 0);
  });

  test("is deleted in batches, whatever their number, and counted up to 5,000", async () => {
    await world.kernel.database.executeSql(`
      insert into gatehouse.submissions (id, form, door, fields, language, content_hash, state)
      select ('00000000-0001-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'contact', 'seed', '{}', 'en', '\\x00', 'inbox'
      from generate_series(1, 5201) as n`);

    const told = await due();
    await purgeSubmissions(world.kernel);

    expect(told).toEqual({ complete: false, forms: { contact: { inbox: 5000 } } });
    const { tables } = await world.traces();
    expect(tables.submissions).toEqual([]);
    expect(tables.audit_events?.find(({ event }) => event === "submission.purged")?.data).toEqual({
      deleted: { inbox: 5201 },
    });
  });

  test("is kept for ever where a form says 0", async () => {
    await dev("/forms/contact", "PATCH", { version: 0, retention: { days: 0, spam_days: 1 } });
    await store({ form: "contact", state: "inbox", days: 5000 }, { form: "contact", state: "spam", days: 2 });

    await purgeSubmissions(world.kernel);

    expect((await world.traces()).tables.submissions).toMatchObject([{ state: "inbox" }]);
  });
});
