import { afterAll, expect, test } from "bun:test";
import { type DatabaseKind, openPlaces } from "../support/databases";
import { startExecutable } from "../support/executable";
import { startHubspotPortal } from "../support/hubspot-portal";
import { until } from "../support/until";

const places = await openPlaces();
afterAll(places.close);

/** The call during which the process dies, and whether HubSpot had done it by then. */
const deaths: [call: string, when: "before" | "after"][] = [
  ["POST /contacts/batch/upsert", "after"],
  ["POST /notes", "before"],
  ["POST /notes", "after"],
  ["POST /deals", "after"],
];

/** Kills it at each of the deaths in turn; gives what HubSpot has in the end. */
async function deliverUnderKills(kind: DatabaseKind) {
  await using cleanup = new AsyncDisposableStack();
  const place = cleanup.use(await places.open(kind));
  const portal = startHubspotPortal();
  cleanup.defer(portal.stop);
  const env = {
    ...place.env,
    HUBSPOT_API_KEY: "pat-key",
    HUBSPOT_BASE_URL: portal.url,
    HUBSPOT_PIPELINE: "default",
    HUBSPOT_STAGE_DEMO: "appointmentscheduled",
  };
  let running = await startExecutable(env);
  let died = 0;
  let restarted = Promise.resolve();
  portal.interrupt((call, when) => {
    const [deadly, moment] = deaths[died] ?? [];
    if (call !== deadly || when !== moment) return;
    died += 1;
    // It delivers as soon as it lives, maybe before anybody has heard that it does.
    restarted = restarted
      .then(() => running.kill("SIGKILL"))
      .then(async () => {
        running = await startExecutable(env);
      });
    // Nobody is there any more to read it.
    return restarted.then(() => new Response("", { status: 500 }));
  });

  const answer = await fetch(`${running.url}/api/demo-request`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "Ada", email: "ada@example.com", company: "Engines", message: "Show me" }),
  });
  expect(answer.status).toBe(200);
  await until(() => died === deaths.length, 150);
  await restarted;
  const isDelivered = async () => {
    if (kind === "embedded") await running.kill();
    const { rows } = await place.inspect(({ executeSql }) =>
      executeSql("select state from gatehouse.deliveries where channel = 'hubspot'"),
    );
    if (kind === "embedded") running = await startExecutable(env);
    return rows.length === 1 && rows[0]?.state === "delivered";
  };
  for (let looks = 0; looks < 6 && !(await isDelivered()); looks++) await Bun.sleep(15_000);
  const delivered = await isDelivered();
  await running.kill();
  return {
    delivered,
    contacts: portal.contacts.size,
    notes: portal.notes.length,
    deals: portal.deals.length,
  };
}

test("killed at every step of HubSpot, a message is one contact, one note and one deal", async () => {
  for (const kind of places.kinds) {
    expect(await deliverUnderKills(kind)).toEqual({ delivered: true, contacts: 1, notes: 1, deals: 1 });
  }
}, 600_000);
