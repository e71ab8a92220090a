import { afterAll, expect, test } from "bun:test";
import type { Database } from "#/kernel/db";
import { type DatabaseKind, openPlaces } from "../support/databases";
import { startExecutable } from "../support/executable";
import { startSmtp } from "../support/smtp";

const messages = 60;
const kills = 3;
/** Promise D3: everything is delivered this long after the last restart. */
const deliveredWithinMs = 60_000;

/** Each look ends the embedded one, whose rounds for jobs of dead processes begin anew: every 10 s. */
const betweenLooksMs = { embedded: 15_000, postgres: 500 };

const places = await openPlaces();
afterAll(places.close);

/** Kills it in the moment in which the mail server has a mail and it has not yet heard so. */
async function deliverUnderKills(kind: DatabaseKind) {
  await using cleanup = new AsyncDisposableStack();
  const place = cleanup.use(await places.open(kind));
  const smtp = await startSmtp();
  cleanup.defer(() => smtp.stop());
  const env = {
    ...place.env,
    SMTP_URL: smtp.url,
    MAIL_FROM: "Site <site@example.com>",
    NOTIFY_EMAIL: "team@example.com",
  };
  let running = await startExecutable(env);
  const posts = Array.from({ length: messages }, (_, n) => post(running.url, `Message ${n}`));
  expect(new Set(await Promise.all(posts))).toEqual(new Set([200]));

  for (let kill = 0; kill < kills; kill++) {
    await smtp.next(deliveredWithinMs);
    await running.kill("SIGKILL");
    running = await startExecutable(env);
  }
  const restarted = performance.now();
  const last = () => performance.now() - restarted;
  let states = new Map<string, string>();
  while (states.size < messages || [...states.values()].some((state) => state !== "delivered")) {
    if (last() > deliveredWithinMs) throw new Error(`Not delivered in time: ${[...states.values()]}`);
    await Bun.sleep(betweenLooksMs[kind]);
    // The embedded database can be looked into only while nobody serves.
    if (kind === "embedded") await running.kill();
    states = await place.inspect(readDeliveries);
    if (kind === "embedded") running = await startExecutable(env);
  }
  const tookMs = last();
  await running.kill();

  const copies = new Map<string, number>();
  for (const { headers } of smtp.messages) {
    const id = headers.get("message-id")?.[0]?.match(/[0-9a-f-]{36}/)?.[0] ?? "none";
    copies.set(id, (copies.get(id) ?? 0) + 1);
  }
  return { deliveries: [...states.keys()], copies, tookMs };
}

async function readDeliveries({ executeSql }: Database): Promise<Map<string, string>> {
  const { rows } = await executeSql("select id::text as id, state from gatehouse.deliveries");
  return new Map(rows.map(({ id, state }) => [String(id), String(state)]));
}

async function post(url: string, message: string): Promise<number> {
  const answer = await fetch(`${url}/f/contact`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() },
    body: JSON.stringify({ name: "Ada", email: "ada@example.com", message }),
  });
  await answer.bytes();
  return answer.status;
}

test("killed while it delivers, it sends every mail, and again only under the same Message-ID", async () => {
  const runs = await Promise.all(
    places.kinds.map(async (kind) => ({ kind, ...(await deliverUnderKills(kind)) })),
  );

  for (const { kind, deliveries, copies, tookMs } of runs) {
    const most = Math.max(...copies.values());
    const repeated = [...copies.values()].filter((count) => count > 1).length;
    console.error(
      `${kind}: ${deliveries.length} mails, ${kills} kills, ${repeated} sent again, at most ${most} times;`,
      `all recorded ${Math.round(tookMs / 1000)} s after the last restart`,
    );
    expect(new Set(copies.keys())).toEqual(new Set(deliveries));
    expect(deliveries).toHaveLength(messages);
    expect(most).toBeLessThanOrEqual(1 + kills);
  }
}, 150_000);
