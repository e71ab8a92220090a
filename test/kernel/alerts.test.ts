import { expect, test } from "bun:test";
import { createAlerts, raiseDeadJob, sendAlert } from "#/kernel/alerts";
import type { Chat, ChatMessage } from "#/kernel/chat";
import { openWorld } from "../support/world";

const world = await openWorld({ env: { ALERT_EMAIL: "watch@example.com" } });
const { kernel } = world;
const alert = { cause: "test:one", title: "Something is wrong", text: "This is what." };

const rows = async () => (await world.traces()).tables.alerts ?? [];
/** An hour goes by. */
const passHour = async () => {
  await kernel.database.executeSql(
    "update gatehouse.alerts set sent_at = sent_at - interval '61 minutes', first_at = first_at - interval '61 minutes'",
  );
  await kernel.database.executeSql(
    "update gatehouse_jobs.job_common set start_after = now() where name = 'alerts.send'",
  );
  await world.settled();
};
/** A chat that keeps what it is given. */
function listen(answer: Awaited<ReturnType<Chat["post"]>> = { kind: "ok", value: {} }) {
  const posted: ChatMessage[] = [];
  const chat: Chat = {
    available: true,
    name: "test",
    async post(message) {
      posted.push(message);
      return answer;
    },
  };
  return { chat, posted };
}

world.describe("an alert", () => {
  test("goes to those who watch, with a line in the log", async () => {
    await kernel.alerts.raise(alert);
    await world.settled();

    expect(world.mails.map(({ envelope }) => envelope.to)).toEqual([["watch@example.com"]]);
    expect(world.mails[0]?.headers.get("subject")).toEqual(["Something is wrong"]);
    expect(world.mails[0]?.text).toContain("This is what.");
    expect(world.log.filter((line) => line.includes('"alert.raised"'))).toHaveLength(1);
    expect(world.log.some((line) => line.includes('"test:one"'))).toBe(true);
  });

  test("raised fifty times by two instances is told once, and in an hour how often it was", async () => {
    const other = createAlerts(kernel);

    await Promise.all(
      Array.from({ length: 25 }, () => [kernel.alerts.raise(alert), other.raise(alert)]).flat(),
    );
    await world.settled();
    const told = world.mails.length;
    const [row] = await rows();
    const left = Number(row?.count);
    await kernel.alerts.raise(alert);
    await world.settled();

    expect(told).toBe(1);
    expect(world.mails).toHaveLength(1);
    await passHour();
    expect(world.mails).toHaveLength(2);
    expect(world.mails[1]?.text).toContain(left === 0 ? "happened once more" : `${left + 1} more times`);
    expect(await rows()).toMatchObject([{ cause: "test:one", count: 0 }]);
  });

  test("is told again an hour later, and not when nothing happened meanwhile", async () => {
    await kernel.alerts.raise(alert);
    await world.settled();
    await passHour();
    expect(world.mails).toHaveLength(1);

    await kernel.alerts.raise(alert);
    await world.settled();

    expect(world.mails).toHaveLength(2);
  });

  test("does not take the way that is broken", async () => {
    const { chat, posted } = listen();
    await kernel.alerts.raise({ ...alert, notBy: "mail" });
    await kernel.database.executeSql("delete from gatehouse_jobs.job_common where name = 'alerts.send'");
    await kernel.database.executeSql("update gatehouse.alerts set count = 1, sent_at = null");

    await sendAlert.run({ ...kernel, chat }, { cause: alert.cause });

    expect(posted).toEqual([{ title: alert.title, text: alert.text }]);
    expect(world.mails).toEqual([]);
  });

  test("waits for a way where none takes it now, and is not forgotten", async () => {
    const { chat } = listen({ kind: "retry", why: { code: "connection", text: "" } });
    const mail = { ...kernel.mail, available: false };
    await kernel.alerts.raise({ ...alert, notBy: "mail" });
    await world.settled();
    await kernel.database.executeSql("update gatehouse.alerts set count = 1, sent_at = null");

    await sendAlert.run({ ...kernel, chat, mail }, { cause: alert.cause });

    expect(await rows()).toMatchObject([{ count: 1, sent_at: null }]);
    expect((await world.traces()).jobs).toMatchObject([{ name: "alerts.send", data: { cause: "test:one" } }]);
  });

  test("inside a transaction that is rolled back was never raised", async () => {
    await kernel.db
      .transaction(async (tx) => {
        await kernel.alerts.raise(alert, tx);
        throw new Error("rolled back");
      })
      .catch(() => {});
    await world.settled();

    expect(await rows()).toEqual([]);
    expect(world.mails).toEqual([]);
  });

  test("tells of a job that was given up, and not of one that should have told", async () => {
    await raiseDeadJob(kernel.alerts, sendAlert.name);
    await raiseDeadJob(kernel.alerts, "forms.process");
    await world.settled();

    expect((await rows()).map(({ cause }) => cause)).toEqual(["job_dead:forms.process"]);
  });
});
