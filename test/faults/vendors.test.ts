import { afterAll, describe, expect, test } from "bun:test";
import type { Database } from "#/kernel/db";
import { openPlaces } from "../support/databases";
import { startExecutable } from "../support/executable";
import {
  type FaultyVendor,
  startFaultyVendor,
  type VendorRequest,
  vendorFaults,
} from "../support/fakes/faulty-vendor";
import { bearer, signIn } from "../support/people";
import { percentile } from "../support/percentile";
import { addResidents } from "../support/residents";
import { countOrphans } from "../support/tally";
import { until } from "../support/until";

/** More for figures: `VENDOR_POSTS=100 bun test test/faults/vendors.test.ts`. */
const posts = Number(process.env.VENDOR_POSTS ?? 8);

const places = await openPlaces();
afterAll(places.close);

/** SendGrid, HubSpot and reCAPTCHA in one, each well. */
function answerWell(vendor: FaultyVendor): void {
  let made = 0;
  vendor.answerWith(({ path }: VendorRequest) => {
    made += 1;
    if (path.includes("/mail/send")) return { status: 202, headers: { "x-message-id": `m${made}` } };
    if (path.includes("/batch/upsert")) return { status: 200, body: { results: [{ id: `${made}` }] } };
    if (path.includes("/search")) return { status: 200, body: { results: [] } };
    if (path.includes("siteverify")) return { status: 200, body: { success: true, hostname: "example.com" } };
    return { status: 201, body: { id: `${made}` } };
  });
}

/** Milliseconds to the answer. */
async function post(url: string, mode: string, n: number): Promise<number> {
  const began = performance.now();
  const answer = await fetch(`${url}/f/contact`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: "https://example.com" },
    body: JSON.stringify({
      name: "Ada",
      email: `ada-${mode}-${n}@example.com`,
      message: `Message ${n} while it is ${mode}`,
      ...(n % 6 === 0 && { "g-recaptcha-response": `answer-${mode}-${n}` }),
    }),
  });
  await answer.bytes();
  expect(answer.status).toBe(200);
  return performance.now() - began;
}

async function postAll(url: string, mode: string): Promise<number[]> {
  const waits: number[] = [];
  let next = 0;
  const client = async () => {
    while (next < posts) waits.push(await post(url, mode, next++));
  };
  await Promise.all([client(), client(), client(), client()]);
  return waits;
}

const readStates = async ({ executeSql }: Database) =>
  (
    await executeSql(
      "select channel, state, count(*)::int as count from gatehouse.deliveries group by 1, 2 order by 1, 2",
    )
  ).rows;
const readMessages = async ({ executeSql }: Database) =>
  (await executeSql("select state, count(*)::int as count from gatehouse.submissions group by 1")).rows;

describe.each(places.kinds)("vendors that misbehave in %s", (kind) => {
  test("cost no visitor a message or a wait, and everybody is told once they are back", async () => {
    await using cleanup = new AsyncDisposableStack();
    const place = cleanup.use(await places.open(kind));
    const residents = await addResidents(place, { user: 0, editor: 1, dev: 0 });
    const vendor = await startFaultyVendor();
    cleanup.defer(() => vendor.stop());
    answerWell(vendor);
    const running = await startExecutable({
      ...place.env,
      SENDGRID_API_KEY: "SG.of-this-test",
      SENDGRID_BASE_URL: vendor.url,
      HUBSPOT_API_KEY: "pat-of-this-test",
      HUBSPOT_BASE_URL: vendor.url,
      RECAPTCHA_SECRET_KEY: "secret-of-this-test",
      RECAPTCHA_VERIFY_URL: `${vendor.url}/siteverify`,
      MAIL_FROM: "Site <site@example.com>",
      NOTIFY_EMAIL: "team@example.com",
    });

    // The first ones warm it up.
    await postAll(running.url, "warm");
    const well = await postAll(running.url, "well");
    const slower: string[] = [];
    for (const mode of vendorFaults) {
      await vendor.become(mode);
      const waits = await postAll(running.url, mode);
      slower.push(`${mode} ${(percentile(waits, 99) / percentile(well, 99)).toFixed(2)}`);
    }
    console.error(
      `${kind}: p99 of ${posts} posts ${Math.round(percentile(well, 99))} ms; times that, ${slower.join(", ")}`,
    );
    expect(vendor.followed()).toBe(0);

    await vendor.become("answer");
    const post = (path: string, body: object, headers: Record<string, string> = {}) =>
      fetch(`${running.url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      });
    const team = bearer(await signIn({ post }, residents.take("editor"), {}));
    const list = async (query: string) => {
      const answer = await fetch(`${running.url}/api/v1/admin/deliveries?${query}`, { headers: team });
      return ((await answer.json()) as { items: unknown[] }).items;
    };
    // What was refused, or waits for its next step, is sent again by hand, as the team would.
    await until(async () => {
      for (const state of ["dead", "retrying"]) {
        if ((await list(`state=${state}&limit=1`)).length === 0) continue;
        await (await post("/api/v1/admin/deliveries/replays", { filter: { state } }, team)).bytes();
      }
      const open = ["queued", "sending", "retrying", "dead"].map((state) => list(`state=${state}&limit=1`));
      return (await Promise.all(open)).every((items) => items.length === 0);
    }, 150);
    expect(await running.kill()).toBe(0);

    const all = posts * (vendorFaults.length + 2);
    const [states, messages, orphans] = await place.inspect(async (database) => [
      await readStates(database),
      await readMessages(database),
      await countOrphans(database),
    ]);
    expect(messages).toEqual([{ state: "inbox", count: all }]);
    expect(states).toEqual([
      { channel: "hubspot", state: "delivered", count: all },
      { channel: "owner_email", state: "delivered", count: all },
    ]);
    expect(orphans).toMatchObject({ waiting: 0, rowsWithoutJob: 0, deliveriesWithoutJob: 0 });
  }, 300_000);
});
