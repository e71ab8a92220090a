import { beforeEach, expect, test } from "bun:test";
import { deliverSubmission } from "#/modules/forms/delivery/deliver-submission";
import { correctVerdict } from "#/modules/forms/inbox/handle-submission";
import { contact } from "../support/sample-posts";
import { joinTeam, type Member } from "../support/team";
import { openWorld } from "../support/world";

const world = await openWorld({ env: { FORMS_CONFIRMATION: "contact" } });

const planted = "planted8x2k";
const secret = { name: planted, email: `${planted}@example.com`, message: `about ${planted}` };
const idOf = async (answer: Response) => ((await answer.json()) as { id: string }).id;
/** Names of the tables that hold the text. */
async function whereIs(text: string): Promise<string[]> {
  const { tables } = await world.traces();
  return Object.entries(tables).flatMap(([name, rows]) =>
    rows.some((row) => JSON.stringify(row).includes(text)) ? [name] : [],
  );
}

let dev: Member;
beforeEach(async () => {
  dev = await joinTeam(world, { role: "dev", scope: "dev" });
});
const put = (id: string, body: object) =>
  dev.call(`/submissions/${id}/verdict`, {
    method: "PUT",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });

world.describe("a verdict that goes to and fro", () => {
  test("sends each mail once, also where jobs of earlier verdicts come at last", async () => {
    const id = await idOf(await world.post("/f/contact", { ...contact, _gotcha: "x" }));
    await world.settled();
    const { kernel } = world;
    const due: { deliveryId: string }[] = [];
    const enqueue = async (_tx: unknown, _job: unknown, payloads: readonly { deliveryId: string }[]) =>
      void due.push(...payloads);
    const jobs = { ...kernel.jobs, enqueue } as typeof kernel.jobs;
    const actor = { id: dev.person.id, origin: { requestId: "a-request", ip: "192.0.2.1", agent: null } };
    for (const [version, state] of (["inbox", "spam", "inbox"] as const).entries())
      await correctVerdict({ ...kernel, jobs }, actor, id, { state, version });

    await Promise.all(due.map((payload) => deliverSubmission.run(kernel, payload)));

    expect(due.length).toBe(4);
    expect(world.mails.map(({ envelope }) => String(envelope.to)).toSorted()).toEqual(
      [String(contact.email), "team@example.com"].toSorted(),
    );
    const { deliveries } = (await world.traces()).tables;
    expect(deliveries?.map(({ state }) => state)).toEqual(["delivered", "delivered"]);
  });
});

world.describe("erasing a message", () => {
  test.each([
    ["posted under a key", { "idempotency-key": "a-key-of-some-length" }, {}],
    ["posted by a page", {}, { _id: "page-0123456789abcdef" }],
    ["posted without any", {}, {}],
  ])("%s leaves no key of it, and those of others", async (_, headers, control) => {
    const other = await idOf(await world.post("/f/contact", contact));
    const id = await idOf(await world.post("/f/contact", { ...secret, ...control }, { headers }));
    await world.settled();
    expect(await whereIs(id)).toContain("submission_keys");

    expect((await dev.call(`/submissions/${id}`, { method: "DELETE" })).status).toBe(204);

    const { submission_keys = [] } = (await world.traces()).tables;
    expect(submission_keys.map((row) => row.submission_id)).toEqual([other]);
    expect(await whereIs(planted)).toEqual([]);
  });

  test("happens once, also against verdicts, notes and the judge", async () => {
    const id = await idOf(await world.post("/f/contact", { ...secret, _gotcha: "x" }));
    const erase = () => dev.call(`/submissions/${id}`, { method: "DELETE" });
    const others = () => [
      put(id, { state: "inbox", version: 1 }),
      dev.post(`/submissions/${id}/notes`, { text: planted }),
    ];

    const answers = await Promise.all([...others(), erase(), ...others(), erase(), ...others(), erase()]);
    await world.settled();

    expect(answers.filter(({ status }) => status === 204).length).toBe(1);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    expect(await whereIs(planted)).toEqual([]);
    const { audit_events, submissions } = (await world.traces()).tables;
    expect(audit_events?.filter(({ event }) => event === "submission.erased").length).toBe(1);
    expect(submissions).toMatchObject([{ id, state: "erased", fields: {} }]);
  });
});
