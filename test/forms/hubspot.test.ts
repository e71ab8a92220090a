import { afterAll, beforeEach, expect, test } from "bun:test";
import { startHubspotPortal } from "../support/hubspot-portal";
import { contact } from "../support/sample-posts";
import { openWorld } from "../support/world";

const portal = startHubspotPortal();
const world = await openWorld({
  env: {
    HUBSPOT_API_KEY: "pat-key",
    HUBSPOT_BASE_URL: portal.url,
    HUBSPOT_PIPELINE: "default",
    HUBSPOT_STAGE_DEMO: "appointmentscheduled",
  },
});
beforeEach(portal.reset);
afterAll(portal.stop);

/** The moment of the planned attempt has come. */
const passTime = async () => {
  await world.kernel.database.executeSql(
    "update gatehouse_jobs.job_common set start_after = now() where name like 'forms.deliver%'",
  );
  await world.settled();
};
const ledger = async () => {
  const { deliveries = [], delivery_attempts = [] } = (await world.traces()).tables;
  const delivery = deliveries.find(({ channel }) => channel === "hubspot");
  const attempts = delivery_attempts
    .filter(({ delivery_id }) => delivery_id === delivery?.id)
    .sort((a, b) => Number(a.n) - Number(b.n));
  return { delivery, attempts };
};
const send = async (door = "/f/contact", fields: Record<string, string> = contact) => {
  expect((await world.post(door, fields)).status).toBe(200);
  await world.settled();
};
const demo = {
  name: "Ada Lovelace",
  email: "Ada@Example.com",
  company: "Engines",
  message: "<b>Show</b> me\nthe mill",
};

world.describe("HubSpot", () => {
  test("gets the person, the message as a note, and a deal for a demonstration", async () => {
    await send("/api/demo-request", { ...demo, source: "<script>alert(1)</script>" });

    const [person] = portal.contacts.values();
    expect(portal.contacts.size).toBe(1);
    expect(person?.properties).toEqual({
      email: "ada@example.com",
      firstname: "Ada",
      lastname: "Lovelace",
      company: "Engines",
    });
    const [note] = portal.notes;
    const { delivery, attempts } = await ledger();
    expect(note?.contactId).toBe(person?.id as string);
    expect(note?.properties.hs_note_body).toContain("&lt;b&gt;Show&lt;/b&gt; me<br>the mill");
    expect(note?.properties.hs_note_body).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(note?.properties.hs_note_body).toEndWith(`<p>gatehouse:${delivery?.id}</p>`);
    expect(portal.deals).toMatchObject([
      {
        contactId: person?.id,
        properties: {
          pipeline: "default",
          dealstage: "appointmentscheduled",
          dealname: expect.stringContaining("Engines"),
        },
      },
    ]);
    expect(delivery).toMatchObject({ target: "hubspot", state: "delivered", remote_id: person?.id });
    expect(attempts).toMatchObject([
      { outcome: "ok", summary: `contact ${person?.id}, note ${note?.id}, deal ${portal.deals[0]?.id}` },
    ]);
  });

  test("gets no deal for a form that begins none, or whose stage is not set", async () => {
    await send("/f/contact");
    await send("/api/quote-request", { ...demo, message: "How much?" });

    expect(portal.notes).toHaveLength(2);
    expect(portal.deals).toEqual([]);
  });

  test("goes on where it was interrupted: the contact is not written again", async () => {
    portal.interrupt((call, when) =>
      call === "POST /notes" && when === "before" ? new Response("{}", { status: 503 }) : undefined,
    );
    await send("/api/demo-request", demo);
    expect((await ledger()).delivery).toMatchObject({
      state: "retrying",
      steps: { contact: "101", noteBegun: "yes" },
    });

    portal.interrupt(() => undefined);
    await passTime();

    const { delivery, attempts } = await ledger();
    expect(portal.calls).toEqual([
      "POST /contacts/batch/upsert",
      "POST /notes",
      "POST /notes/search",
      "POST /notes",
      "POST /deals",
    ]);
    expect(delivery?.state).toBe("delivered");
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["retry", "ok"]);
  });

  test("has one note and one deal where the answers to both were lost", async () => {
    const lost = new Set<string>();
    portal.interrupt((call, when) => {
      if (when === "before" || !["POST /notes", "POST /deals"].includes(call) || lost.has(call)) return;
      lost.add(call);
      return new Response("<html>", { status: 200, headers: { "content-type": "text/html" } });
    });

    await send("/api/demo-request", demo);
    const waits = [];
    while ((await ledger()).delivery?.state === "retrying" && waits.length < 5) {
      const { delivery } = await ledger();
      waits.push(Date.parse(String(delivery?.next_at)) - Date.parse(String(delivery?.updated_at)));
      await passTime();
    }

    expect((await ledger()).delivery?.state).toBe("delivered");
    expect([portal.contacts.size, portal.notes.length, portal.deals.length]).toEqual([1, 1, 1]);
    // Their search lags behind.
    expect(waits.map((ms) => ms >= 30_000)).toEqual([true, true]);
  });

  // The last one: the client of this process is parked from here on.
  test("waits for the end of a daily limit, which costs no attempt", async () => {
    portal.interrupt(() =>
      Response.json(
        {
          status: "error",
          message: "Daily",
          correlationId: "1",
          category: "RATE_LIMITS",
          policyName: "DAILY",
        },
        { status: 429 },
      ),
    );
    await send();
    await send("/f/contact", { ...contact, email: "grace@example.com" });

    const { deliveries = [] } = (await world.traces()).tables;
    const parked = deliveries.filter(({ channel }) => channel === "hubspot");
    const midnight = new Date(world.kernel.now());
    midnight.setUTCHours(24, 0, 0, 0);
    expect(portal.calls).toHaveLength(1);
    expect(parked.map(({ state, attempts, waits_for }) => ({ state, attempts, waits_for }))).toEqual(
      Array(2).fill({ state: "retrying", attempts: 0, waits_for: "hubspot" }),
    );
    expect(parked.map(({ last_error }) => last_error)).toContain("daily_limit");
    expect(parked.map(({ next_at }) => Date.parse(String(next_at)))).toEqual(
      Array(2).fill(midnight.getTime()),
    );
    // The mail to the team is another delivery, and does not wait.
    expect(world.mails).toHaveLength(2);
  });
});
