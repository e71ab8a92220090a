import { afterAll, describe, expect, test } from "bun:test";
import type { Database } from "#/kernel/db";
import { openPlaces } from "../support/databases";
import { type Started, startExecutable } from "../support/executable";
import { startSmtp } from "../support/smtp";

/** More for a campaign: `KILLS=50 bun test test/faults/register-kill.test.ts --timeout 1000000`. */
const kills = Number(process.env.KILLS ?? 4);
const clients = 6;
const password = "correct horse battery staple";

const places = await openPlaces();
afterAll(places.close);

type Sent = { email: string; acknowledged: boolean };

/** Registers one address after the other, each once, through restarts. */
function startRegistrations(urlOf: () => string) {
  const sent: Sent[] = [];
  const strange: number[] = [];
  let ended = false;
  const work = async () => {
    while (!ended) {
      const one = { email: `visitor-${sent.length}-${crypto.randomUUID()}@example.com`, acknowledged: false };
      sent.push(one);
      const answer = await fetch(`${urlOf()}/api/v1/auth/register`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ email: one.email, password }),
        signal: AbortSignal.timeout(15_000),
      }).catch(() => undefined);
      if (answer?.status === 201) one.acknowledged = true;
      // Killed under way, still starting, or more than it can hash in time.
      else if (answer && answer.status !== 503 && answer.status !== 429) strange.push(answer.status);
      await answer?.bytes().catch(() => undefined);
      if (!one.acknowledged) await Bun.sleep(20);
    }
  };
  const working = Array.from({ length: clients }, work);
  return {
    sent,
    strange,
    async stop() {
      ended = true;
      await Promise.all(working);
    },
  };
}

/** Accounts that miss their event, their link or the job that mails it, and each of those without its account. */
async function halves({ executeSql }: Database) {
  const { rows } = await executeSql(`
    with registered as (select subject_id::int as id from gatehouse.audit_events where event = 'account.registered'),
    linked as (select user_id as id from gatehouse.one_time_tokens where purpose = 'verify')
    select
      (select count(*) from (select id from gatehouse.users except select id from registered) a)::int as "withoutEvent",
      (select count(*) from (select id from registered except select id from gatehouse.users) b)::int as "eventAlone",
      (select count(*) from (select id from gatehouse.users except select id from linked) c)::int as "withoutLink",
      (select count(*) from (select id from linked except select id from gatehouse.users) d)::int as "linkAlone",
      (select count(*) - count(distinct subject_id) from gatehouse.audit_events
         where event = 'account.registered')::int as "eventsTwice",
      (select count(*)::int from gatehouse_jobs.job_common where name = 'accounts.mail_link') as jobs,
      (select coalesce(json_agg(email), '[]')::text from gatehouse.users) as emails`);
  const { jobs, emails, ...broken } = rows[0] as Record<string, number | string>;
  return { broken, jobs: Number(jobs), emails: JSON.parse(String(emails)) as string[] };
}

describe.each(places.kinds)("kill -9 while people register, %s", (kind) => {
  test(
    "every acknowledged registration is an account with its event and its mail, and nothing is half there",
    async () => {
      using place = await places.open(kind);
      const smtp = await startSmtp();
      const env = {
        ...place.env,
        SMTP_URL: smtp.url,
        MAIL_FROM: "Site <site@example.com>",
        HASH_MAX_WAIT_MS: "60000",
      };
      let running: Started = await startExecutable(env);
      const registrations = startRegistrations(() => running.url);
      const mailed = () =>
        new Set(
          smtp.messages
            .filter(({ headers }) => headers.get("subject")?.[0] === "Confirm your e-mail address")
            .flatMap(({ envelope }) => envelope.to),
        );
      const found: (Awaited<ReturnType<typeof halves>> & { unmailed: number })[] = [];
      const look = async (where: typeof place) => {
        const seen = await where.inspect(halves);
        found.push({ ...seen, unmailed: seen.emails.filter((email) => !mailed().has(email)).length });
        return seen;
      };

      for (let kill = 0; kill < kills; kill++) {
        const before = registrations.sent.length;
        while (registrations.sent.length < before + 2 * clients) await Bun.sleep(10);
        await Bun.sleep(Math.random() * 300);
        await running.kill("SIGKILL");
        using copy = place.snapshot();
        await look(copy ?? place);
        running = await startExecutable({ ...env, PORT: String(running.port) });
      }
      await registrations.stop();
      const acknowledged = registrations.sent.filter((one) => one.acknowledged).map(({ email }) => email);
      const deadline = performance.now() + 60_000;
      while (acknowledged.some((email) => !mailed().has(email)) && performance.now() < deadline)
        await Bun.sleep(50);
      await running.kill();
      const { emails: stored } = await look(place);
      await smtp.stop();

      console.error(
        `${kind}: ${acknowledged.length} acknowledged of ${registrations.sent.length}, ${kills} kills`,
      );
      expect(acknowledged.length).toBeGreaterThan(clients * kills);
      expect(acknowledged.filter((email) => !stored.includes(email))).toEqual([]);
      expect(acknowledged.filter((email) => !mailed().has(email))).toEqual([]);
      expect(new Set(stored).size).toBe(stored.length);
      for (const { broken, jobs, unmailed } of found) {
        expect(Object.entries(broken).filter(([, count]) => count !== 0)).toEqual([]);
        expect(jobs).toBeGreaterThanOrEqual(unmailed);
      }
      expect(found.at(-1)?.unmailed).toBe(0);
      expect(registrations.strange).toEqual([]);
    },
    120_000 + kills * 30_000,
  );
});
