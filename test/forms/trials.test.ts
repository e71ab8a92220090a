import { beforeEach, expect, test } from "bun:test";
import type { Kernel } from "#/kernel/kernel";
import { purgeExpired } from "#/modules/forms/retention/purge-expired";
import { watchJudging } from "#/modules/forms/screening/watch-judging";
import { checkCanary } from "#/modules/forms/trials/check-canary";
import { sendCanary } from "#/modules/forms/trials/send-canary";
import { contact } from "../support/sample-posts";
import { idOfMinutesAgo, insertMessages } from "../support/stored-messages";
import { joinTeam, type Member } from "../support/team";
import { openWorld } from "../support/world";

const world = await openWorld({ env: { FORMS_CONFIRMATION: "contact" } });
const daily: Kernel = { ...world.kernel, config: { ...world.kernel.config, FORMS_CANARY: 86_400 } };

let dev: Member;
beforeEach(async () => {
  dev = await joinTeam(world, { role: "dev", scope: "dev" });
});

const run = async (kernel = daily) => {
  await sendCanary.run(kernel, {});
  await world.settled();
};
const staged = async () =>
  (await world.traces()).tables.submissions?.filter(({ kind }) => kind !== "real") ?? [];
const causes = async () => ((await world.traces()).tables.alerts ?? []).map(({ cause }) => cause);
type Figures = { submissions: { new: number; "24h": number }; deliveries: { failed: number } };
type Page = { items: { id: string }[] };

world.describe("the canary", () => {
  test("passes judge and delivery like a message, and is looked for ten minutes later", async () => {
    await run();

    expect(world.mails.map(({ envelope }) => envelope.to)).toEqual([["team@example.com"]]);
    const [canary] = await staged();
    expect(canary).toMatchObject({ form: "_canary", kind: "canary", state: "inbox" });
    expect((await world.traces()).jobs).toMatchObject([
      { name: "forms.canary_check", data: { submissionId: canary?.id } },
    ]);
    await checkCanary.run(daily, { submissionId: String(canary?.id) });
    expect(await causes()).toEqual([]);
    const report = await dev.read<{ last: { id: string }; last_arrived_at: string }>("/deliveries/canary");
    expect(report.last.id).toBe(String(canary?.id));
    expect(Date.parse(report.last_arrived_at)).toBeWithin(Date.now() - 60_000, Date.now() + 1_000);
  });

  test("is sent once a day, and not where it is off or nobody is told anyway", async () => {
    const nobody = { ...daily, config: { ...daily.config, NOTIFY_EMAIL: [] } };
    await run(world.kernel);
    await run(nobody);
    expect(await staged()).toEqual([]);

    await run();
    await run();
    expect(await staged()).toHaveLength(1);

    await run({ ...daily, now: () => new Date(Date.now() + 86_400_000) });
    expect(await staged()).toHaveLength(2);
  });

  test("that does not arrive raises an alert that goes another way", async () => {
    await run();
    const [canary] = await staged();
    await world.kernel.database.executeSql(
      "update gatehouse.deliveries set state = 'retrying', last_error = 'timeout'",
    );

    await checkCanary.run(daily, { submissionId: String(canary?.id) });

    expect((await world.traces()).tables.alerts).toMatchObject([
      { cause: "canary:owner_email", not_by: "mail", text: expect.stringContaining("retrying, timeout") },
    ]);
  });

  test("that nobody judged, and a CRM that cannot be reached, raise alerts too", async () => {
    const id = idOfMinutesAgo(10);
    await insertMessages(daily, [{ id, form: "_canary", kind: "canary", state: "received" }]);
    await checkCanary.run(daily, { submissionId: id });
    const away = { kind: "retry", why: { code: "timeout", text: "" } } as const;
    await world.kernel.database.executeSql("delete from gatehouse.submissions");

    await run({ ...daily, crm: { ...daily.crm, available: true, probe: async () => away } });

    expect((await causes()).toSorted()).toEqual(["canary:crm", "canary:judge"]);
  });

  test("stands in no list, figure or export, and goes after seven days", async () => {
    await run();
    await dev.post("/forms/contact/tests", {});
    await world.settled();
    await world.kernel.database.executeSql("update gatehouse.deliveries set state = 'dead'");

    expect((await dev.read<Page>("/submissions")).items).toEqual([]);
    expect((await dev.read<Page>("/submissions?form=contact")).items).toEqual([]);
    expect((await dev.read<Page>("/submissions?handling=new")).items).toEqual([]);
    expect((await dev.read<Page>(`/submissions?email=${dev.person.email}`)).items).toEqual([]);
    expect((await dev.read<Page>("/deliveries")).items).toEqual([]);
    const { submissions, deliveries } = await dev.read<Figures>("/summary");
    expect([submissions.new, submissions["24h"], deliveries.failed]).toEqual([0, 0, 0]);
    const { items } = await dev.read<{ items: { slug: string; counts: object }[] }>("/forms");
    expect(items.find(({ slug }) => slug === "contact")?.counts).toEqual({
      received: 0,
      inbox: 0,
      held: 0,
      spam: 0,
    });
    const file = await (await dev.call("/submissions/export?form=contact&format=json")).json();
    expect(file).toEqual([]);

    await purgeExpired.run({ ...world.kernel, now: () => new Date(Date.now() + 8 * 86_400_000) }, {});
    const { tables } = await world.traces();
    expect([tables.submissions, tables.deliveries, tables.delivery_attempts]).toEqual([[], [], []]);
  });
});

world.describe("a test of a form", () => {
  test("goes through its channels, marked, with the tester as the visitor", async () => {
    const answer = await dev.post("/forms/contact/tests", {});
    const { id } = (await answer.json()) as { id: string };
    await world.settled();

    expect(answer.status).toBe(202);
    expect((await staged()).map((row) => [row.id, row.kind, row.form])).toEqual([[id, "test", "contact"]]);
    expect(world.mails.map(({ envelope }) => String(envelope.to)).toSorted()).toEqual(
      [String(dev.person.email), "team@example.com"].toSorted(),
    );
    const toTeam = world.mails.find(({ envelope }) => envelope.to.includes("team@example.com"));
    expect(toTeam?.headers.get("subject")?.[0]).toStartWith("[Test] ");
    const { audit_events: events } = (await world.traces()).tables;
    expect(events?.filter(({ event }) => event === "form.tested")).toMatchObject([
      { actor_id: dev.person.id, subject_id: "contact", data: { submission: id } },
    ]);
  });

  test("holds what it is given to the rules of the form", async () => {
    const wrong = await dev.post("/forms/contact/tests", { fields: { ...contact, email: "no address" } });
    const unknown = await dev.post("/forms/no-such-form/tests", {});

    expect([wrong.status, ((await wrong.json()) as { errors: object[] }).errors]).toMatchObject([
      422,
      [{ field: "email", code: "invalid_email" }],
    ]);
    expect(unknown.status).toBe(404);
    expect(await staged()).toEqual([]);
  });
});

world.describe("the watch over the judge", () => {
  test("raises an alert for a message that nobody has judged in a minute, and for no younger one", async () => {
    await insertMessages(daily, [{ id: Bun.randomUUIDv7(), state: "received" }]);
    await watchJudging.run(daily, {});
    expect(await causes()).toEqual([]);

    await insertMessages(daily, [{ id: idOfMinutesAgo(2), state: "received" }]);
    await watchJudging.run(daily, {});

    expect(await causes()).toEqual(["judge_late"]);
  });
});
