import { afterAll, describe, expect, test } from "bun:test";
import type { Database } from "#/kernel/db";
import { openPlaces } from "../support/databases";
import { startExecutable } from "../support/executable";
import { startSmtp } from "../support/smtp";

const [library] = new Bun.Glob("/usr/lib/*/faketime/libfaketimeMT.so.1").scanSync({ cwd: "/" });
if (!library && process.env.REQUIRE_SERVICES === "1")
  throw new Error("Cannot set a clock wrong: faketime is not installed");
if (!library) console.error("skipped: faketime is not installed, so no clock can be set wrong");

const places = await openPlaces();
afterAll(places.close);

/** The environment in which a process takes the time for this much later: `+1d`, `-1d`. Its timers run on. */
const clock = (offset: string) => ({
  LD_PRELOAD: library as string,
  FAKETIME: offset,
  FAKETIME_DONT_FAKE_MONOTONIC: "1",
});

async function post(url: string, key: string, message: string) {
  const answer = await fetch(`${url}/f/contact`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify({ name: "Ada", email: "ada@example.com", message }),
  });
  const { id } = (await answer.json()) as { id: string };
  return { status: answer.status, replayed: answer.headers.get("idempotency-replayed"), id };
}

const readIds = async ({ executeSql }: Database) =>
  (await executeSql("select id::text as id from gatehouse.submissions order by id")).rows.map(({ id }) => id);

describe.skipIf(!library).each(places.kinds)("a clock that is wrong by a day, %s", (kind) => {
  test.concurrent.each(["-1d", "+1d"])(
    "%s: takes messages in their order, knows a repeated one, and tries a delivery again after its five seconds",
    async (offset) => {
      await using cleanup = new AsyncDisposableStack();
      const place = cleanup.use(await places.open(kind));
      let refusedAt: number | undefined;
      const smtp = await startSmtp({
        onRcptTo(_address, _session, done) {
          const first = refusedAt === undefined;
          refusedAt ??= performance.now();
          done(first ? Object.assign(new Error("later"), { responseCode: 451 }) : null);
        },
      });
      cleanup.defer(() => smtp.stop());
      const env = {
        ...place.env,
        SMTP_URL: smtp.url,
        MAIL_FROM: "Site <site@example.com>",
        NOTIFY_EMAIL: "team@example.com",
      };
      const running = await startExecutable({ ...env, ...clock(offset) });
      const health = await fetch(`${running.url}/api/v1/healthz`);
      const { started_at: startedAt } = (await health.json()) as { started_at: string };

      const first = await post(running.url, "key-0", "Message 0");
      await smtp.next(20_000);
      const waitedMs = Math.round(performance.now() - (refusedAt as number));
      const sent = [first.id];
      for (let n = 1; n < 5; n++) sent.push((await post(running.url, `key-${n}`, `Message ${n}`)).id);
      await Promise.all(Array.from({ length: 4 }, () => smtp.next(20_000)));
      const again = await post(running.url, "key-0", "Message 0");
      expect(await running.kill()).toBe(0);
      const stored = await place.inspect(readIds);

      const offHours = Math.round((Date.parse(startedAt) - Date.now()) / 3_600_000);
      console.error(
        `${kind}, clock ${offHours} h off: ${stored.length} messages, delivered again after ${waitedMs} ms`,
      );
      expect(offHours).toBe(offset === "-1d" ? -24 : 24);
      expect(stored).toEqual(sent);
      expect(again).toEqual({ status: 200, replayed: "true", id: first.id });
      expect(waitedMs).toBeGreaterThan(3_500);
      expect(waitedMs).toBeLessThan(15_000);
      expect(running.output()).not.toContain('"level":"error"');
    },
    60_000,
  );
});
