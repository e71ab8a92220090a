import { expect, setDefaultTimeout, test } from "bun:test";
import { suppress } from "#/kernel/mail";
import { openWorld } from "../support/world";

// Five mails, one after the other, on a machine with other work.
setDefaultTimeout(60_000);

const world = await openWorld({
  env: { RATE_LIMIT: "on", FORMS_MAIL_PER_DOMAIN: "2/1h", FORMS_MAIL_PER_ADDRESS: "2/24h" },
});

const ledger = async () => (await world.traces()).tables.deliveries ?? [];
const optIns = async () => (await ledger()).filter(({ channel }) => channel === "opt_in_email");
/** The moment of the planned attempts has come. */
const passTime = async () => {
  await world.kernel.database.executeSql(
    "update gatehouse_jobs.job_common set start_after = now() where name = 'forms.deliver'",
  );
  await world.settled();
};
const join = async (...emails: string[]) => {
  for (const email of emails) await world.post("/f/waitlist", { email });
  await world.settled();
};
const forget = (domain: string) =>
  world.kernel.limits.reset(
    { name: "visitor-mail-domain", ...world.kernel.config.FORMS_MAIL_PER_DOMAIN },
    domain,
  );

world.describe("mails to visitors", () => {
  test("of one mail domain wait when it has had its share, which costs no attempt", async () => {
    // Four are sent at one time: the third comes after those that use up the share.
    await join("a@one.example", "b@one.example", "d@two.example");
    await join("c@One.example");

    const waiting = (await optIns()).filter(({ state }) => state === "retrying");
    expect(world.mails.map(({ envelope }) => envelope.to[0]).sort()).toEqual([
      "a@one.example",
      "b@one.example",
      "d@two.example",
    ]);
    expect(waiting).toMatchObject([{ target: "c@one.example", attempts: 0, last_error: "domain_limit" }]);
    const wait = Date.parse(String(waiting[0]?.next_at)) - Date.now();
    expect(wait).toBeWithin(0, 3_600_001);

    await passTime();
    expect(world.mails).toHaveLength(3);
    await forget("one.example");
    await passTime();
    expect(world.mails).toHaveLength(4);
    expect((await optIns()).map(({ state }) => state)).toEqual(Array(4).fill("delivered"));
    await Promise.all(["one.example", "two.example"].map(forget));
  });

  test("are withheld from an address that bounced, also when it did so after they were planned", async () => {
    const { db, config } = world.kernel;
    await suppress(db, config, "Bounced@three.example", "bounced");
    await join("a@three.example", "b@three.example");
    await join("late@three.example", "bounced@three.example");
    await suppress(db, config, "late@three.example", "complained");
    await forget("three.example");
    await passTime();

    expect((await optIns()).map(({ target, state }) => [target, state]).sort()).toEqual([
      ["a@three.example", "delivered"],
      ["b@three.example", "delivered"],
      ["bounced@three.example", "suppressed"],
      ["late@three.example", "suppressed"],
    ]);
    expect((await world.traces()).jobs).toEqual([]);
    await forget("three.example");
  });
});
