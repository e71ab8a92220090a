import { expect, test } from "bun:test";
import { sql } from "drizzle-orm";
import { storeSubmissions } from "#/modules/forms/intake/store-submissions";
import { processSubmission } from "#/modules/forms/screening/process-submission";
import { openWorld } from "../support/world";

const world = await openWorld();

/** Stored as the intake does, without a job, so that the test decides what is judged together. */
async function store(emails: readonly string[]): Promise<string[]> {
  const batch = emails.map((email) => {
    const id = Bun.randomUUIDv7();
    const hash = id.replaceAll("-", "");
    return {
      id,
      form: "contact",
      formVersion: 0,
      door: "/api/contact",
      fields: { name: "Ada", email, message: "Hello" },
      language: "en",
      emailNormalised: email,
      subject: null,
      replyTo: email,
      client: null,
      userAgent: null,
      origin: null,
      contentHash: hash,
      intake: email.startsWith("robot") ? { honeypot: "_gotcha" } : {},
      key: hash,
      keySeconds: 60,
    };
  });
  const jobs = { insertInto: () => sql`select`, enqueued: () => {} };
  await storeSubmissions({ db: world.kernel.db, jobs }, batch);
  return batch.map(({ id }) => id);
}

world.describe("messages that are judged together", () => {
  test("each get their own verdict, and the owner is told of all but spam", async () => {
    const ids = await store(["ada@example.com", "robot@example.com", "bob@example.com"]);

    await processSubmission.run(world.kernel, { submissionIds: ids });
    await world.settled();

    const { tables, mails } = await world.traces();
    expect(tables.submissions?.map(({ state, score, intake }) => ({ state, score, intake }))).toEqual([
      { state: "inbox", score: 0, intake: null },
      { state: "spam", score: 100, intake: null },
      { state: "inbox", score: 0, intake: null },
    ]);
    expect(tables.deliveries?.map(({ submission_id, state }) => [submission_id, state]).sort()).toEqual([
      [ids[0], "delivered"],
      [ids[2], "delivered"],
    ]);
    expect(mails.length).toBe(2);
  });

  test("are left as they are when they were judged before", async () => {
    const ids = await store(["ada@example.com", "bob@example.com"]);
    await processSubmission.run(world.kernel, { submissionIds: ids });
    await world.settled();
    const before = await world.traces();

    await processSubmission.run(world.kernel, { submissionIds: ids });

    expect(await world.traces()).toEqual(before);
  });
});
