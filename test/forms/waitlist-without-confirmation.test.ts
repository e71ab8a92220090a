import { expect, setDefaultTimeout, test } from "bun:test";
import { openWorld } from "../support/world";

// A machine with other work takes its time to judge.
setDefaultTimeout(60_000);

const world = await openWorld({
  env: {
    WAITLIST_CONFIRM: "off",
    PUBLIC_URL: "https://api.example.com",
    WAITLIST_PAGE: "https://www.example.com/waitlist?friend={token}",
  },
});

const join = async (email: string, fields: Record<string, string> = {}) => {
  const answer = await world.post("/api/v1/waitlist", { email, ...fields });
  await world.settled();
  return (await answer.json()) as Record<string, unknown>;
};

world.describe("where the waitlist asks nobody to confirm", () => {
  test("the answer carries the entry, and the same one for a known address", async () => {
    const answer = await world.post("/api/v1/waitlist", { email: "ada@example.com" });
    const body = await answer.text();
    const { id, referral_token, created_at } = JSON.parse(body) as Record<string, string>;
    await world.settled();
    const again = await join("Ada@Example.com", { name: "Ada" });

    expect(referral_token).toMatch(/^[\w-]{22}$/);
    expect(body).toBe(
      `{"status":"ok","message":"Form received","ok":true,"id":"${id}","next":null,"position":1,"priority":0,"amount_referred":0,"referral_token":"${referral_token}","referral_link":"https://www.example.com/waitlist?friend=${referral_token}","verified":false,"created_at":"${created_at}","total":1}`,
    );
    expect(again).toMatchObject({ referral_token, created_at, position: 1, total: 1, verified: true });
    expect((await world.traces()).tables.waitlist_entries).toMatchObject([{ state: "confirmed" }]);
  });

  test("an entry counts as confirmed once it is in the inbox, and so does its referral", async () => {
    const friend = await join("friend@example.com");
    const { position } = await join("second@example.com");
    await join("guest@example.com", { referral_token: String(friend.referral_token) });
    await join("robot@example.com", { referral_token: String(friend.referral_token), _gotcha: "filled" });

    expect(position).toBe(2);
    const known = await join("friend@example.com", { name: "Friend" });
    expect(known).toMatchObject({ position: 1, amount_referred: 1, total: 3 });
  });

  test("one answer is the same under one retry key", async () => {
    const post = () =>
      world.post(
        "/api/v1/waitlist",
        { email: "ada@example.com" },
        { headers: { "idempotency-key": "one-key" } },
      );

    const answers = await Promise.all(Array.from({ length: 50 }, post));

    const bodies = await Promise.all(answers.map((answer) => answer.json() as Promise<{ id: string }>));
    expect(new Set(bodies.map(({ id }) => id)).size).toBe(1);
    expect((await world.traces()).tables.waitlist_entries).toHaveLength(1);
    await world.settled();
  });
});
