import { expect, setDefaultTimeout, test } from "bun:test";
import { addEndpoint } from "#/modules/forms/delivery/webhooks/manage-endpoints";
import { eraseSubmission } from "#/modules/forms/inbox/handle-submission";
import { expireUnconfirmed } from "#/modules/forms/opt-in/expire-unconfirmed";
import { optInToken, optInTokens } from "../support/opt-in";
import { browser, openWorld } from "../support/world";

// Most tests post, wait for the judge, and press a button; a machine with other work takes its time.
setDefaultTimeout(60_000);

const world = await openWorld({ env: { FORMS_CONFIRMATION: "waitlist" } });

const ada = "ada@example.com";
const day = 86_400_000;
const join = async (email = ada, more: Record<string, string> = {}) => {
  const answer = await world.post("/api/v1/waitlist", { email, ...more });
  await world.settled();
  return answer;
};
const rows = async (table: string) => (await world.traces()).tables[table] ?? [];
const statesOf = async (channel: string) =>
  (await rows("deliveries")).filter((one) => one.channel === channel).map(({ state }) => state);
const message = async () => (await rows("submissions"))[0];
const link = (token: string, rest = "") => `/f/-/confirm/${token}${rest}`;
const press = (token: string, rest = "") => world.send(link(token, rest), { method: "POST" });
const runJob = () => expireUnconfirmed.run(world.kernel, {});

/** The clock of the service stands this much later while `act` runs. */
async function later<Result>(ms: number, act: () => Promise<Result>): Promise<Result> {
  const { now } = world.kernel;
  world.kernel.now = () => new Date(now().getTime() + ms);
  try {
    return await act();
  } finally {
    world.kernel.now = now;
  }
}

world.describe("a message whose sender must confirm", () => {
  test("waits: the team is not told, the visitor is asked, and the mail holds nothing that was typed", async () => {
    const answer = await join(ada, {
      name: "Cheap pills",
      source: "https://evil.example",
      referral_token: "x",
    });

    const { id, ...body } = (await answer.json()) as { id: string };
    expect(body as object).toEqual({
      status: "ok",
      message: "Form received",
      ok: true,
      next: null,
      confirmation: "sent",
    });
    expect(await message()).toMatchObject({ id, state: "pending" });
    expect(await statesOf("owner_email")).toEqual(["waiting"]);
    expect(await statesOf("visitor_email")).toEqual(["waiting"]);
    expect(await statesOf("opt_in_email")).toEqual(["delivered"]);
    expect(world.mails.map(({ envelope }) => envelope.to)).toEqual([[ada]]);
    const [mail] = world.mails;
    expect(mail?.headers.get("subject")).toEqual(["Please confirm your e-mail address"]);
    expect(mail?.text).toContain("“Join the waitlist”");
    for (const part of [mail?.text, mail?.html]) expect(part).not.toMatch(/pills|evil/);
  });

  test("leaves no link that whoever reads the database could open", async () => {
    await join();
    const token = await optInToken(world, ada);

    const stored = JSON.stringify([await world.traces(), world.log]);

    expect(stored).not.toContain(token);
    const hash = new Bun.CryptoHasher("sha256").update(token).digest("hex");
    expect(await rows("opt_ins")).toMatchObject([{ token_hash: `\\x${hash}`, confirmed_at: null }]);
  });

  test("is not confirmed by twenty calls of the page", async () => {
    await join();
    const token = await optInToken(world, ada);
    const before = await world.traces();

    const asked = Array.from({ length: 20 }, (_, at) =>
      world.send(link(token), { method: at % 4 ? "GET" : "HEAD", headers: at % 2 ? browser : {} }),
    );
    const answers = await Promise.all(asked);

    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(await world.traces()).toEqual(before);
    expect(await answers[2]?.json()).toEqual({ status: "waiting", form: "waitlist" });
    const page = (await answers[1]?.text()) ?? "";
    expect(page).toContain(`<form method="post" action="${link(token)}">`);
    expect(page).not.toContain("<script");
    expect(answers[1]?.headers.get("referrer-policy")).toBe("no-referrer");
    expect(answers[1]?.headers.get("cache-control")).toBe("no-store");
  });

  test("comes into the inbox once when fifty confirm at one moment, and everybody is told once", async () => {
    await join();
    const token = await optInToken(world, ada);

    const answers = await Promise.all(Array.from({ length: 50 }, () => press(token)));
    await world.settled();

    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    expect(new Set(bodies).size).toBe(1);
    expect(JSON.parse(bodies[0] ?? "")).toMatchObject({
      status: "confirmed",
      form: "waitlist",
      entry: { position: 1, priority: 0, verified: true, total: 1 },
    });
    expect(await message()).toMatchObject({ state: "inbox" });
    expect(await statesOf("owner_email")).toEqual(["delivered"]);
    expect(await statesOf("visitor_email")).toEqual(["delivered"]);
    expect(world.mails.map(({ envelope }) => envelope.to[0]).sort()).toEqual([ada, ada, "team@example.com"]);
  });

  test("is told of to the webhooks that ask for confirmations, and not before", async () => {
    const actor = { id: 0, origin: { requestId: "a-request", ip: "192.0.2.1", agent: null } };
    const wishes = {
      url: "https://hooks.example.com/",
      forms: [],
      events: ["submission.confirmed"] as const,
    };
    const { endpoint } = await addEndpoint(world.kernel, actor, { ...wishes, events: [...wishes.events] });
    const told = async () =>
      (await rows("deliveries")).filter(({ channel }) => channel === "webhook").map(({ target }) => target);
    await join();
    expect(await told()).toEqual([]);

    await press(await optInToken(world, ada));

    expect(await told()).toEqual([`${endpoint.id} submission.confirmed`]);
  });

  test("is answered with the same page when the button is pressed again, in the reader's language", async () => {
    await join();
    const token = await optInToken(world, ada);
    const headers = { ...browser, "accept-language": "de" };
    const pressInBrowser = () => world.send(link(token), { method: "POST", headers });

    const pages = [await (await pressInBrowser()).text(), await (await pressInBrowser()).text()];

    const [first, second] = pages.map((page) => page.replace(/nonce="[^"]+"/g, ""));
    expect(first).toBe(second as string);
    expect(first).toContain('<html lang="de"');
    expect(first).toContain("Ihre Adresse ist bestätigt");
    expect(first).toContain("Sie haben Platz 1 von 1.");
  });

  test("takes later messages of the same sender along, and asks no more", async () => {
    await join(ada, { name: "First" });
    await join(ada, { name: "Second" });
    expect(await statesOf("opt_in_email")).toEqual(["delivered", "suppressed"]);

    await press(await optInToken(world, ada));
    await join(ada, { name: "Third" });

    expect((await rows("submissions")).map(({ state }) => state)).toEqual(["inbox", "inbox", "inbox"]);
    expect(await statesOf("opt_in_email")).toHaveLength(2);
    expect(await rows("waitlist_entries")).toHaveLength(1);
  });

  test("is dropped when whoever has the address declines, who gets no mail any more", async () => {
    await join();
    const token = await optInToken(world, ada);

    const answers = [await press(token, "/decline"), await press(token, "/decline")];

    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await answers[0]?.json()).toEqual({ status: "declined" });
    expect(await message()).toMatchObject({
      state: "expired",
      reasons: [{ code: "origin_unknown" }, { code: "declined", points: 0 }],
    });
    expect(await rows("waitlist_entries")).toEqual([]);
    expect(await statesOf("owner_email")).toEqual(["cancelled"]);
    expect(await rows("suppressions")).toMatchObject([{ reason: "declined" }]);
    const confirmed = await press(token);
    expect(confirmed.status).toBe(410);
    expect(await confirmed.json()).toEqual({ error: "This address was declined", code: "link_declined" });

    await join(ada, { name: "Again" });
    expect(await statesOf("opt_in_email")).toEqual(["delivered", "suppressed"]);
    expect(optInTokens(world, ada)).toEqual([token]);
  });

  test("expires after seven days and not before", async () => {
    await join();

    await later(7 * day - 60_000, runJob);
    expect(await message()).toMatchObject({ state: "pending" });
    await later(7 * day + 60_000, runJob);

    expect(await message()).toMatchObject({ state: "expired" });
    expect(await statesOf("owner_email")).toEqual(["cancelled"]);
    expect(await rows("waitlist_entries")).toEqual([]);
  });

  test("can be confirmed by a new link when the old one has expired", async () => {
    await join();
    const old = await optInToken(world, ada);
    await later(8 * day, async () => {
      await runJob();
      for (const answer of [await press(old), await world.send(link(old))]) {
        expect(answer.status).toBe(410);
        expect(await answer.json()).toEqual({ error: "This link has expired", code: "link_expired" });
      }
      const page = await world.send(link(old), { headers: browser });
      expect(page.status).toBe(410);
      expect(await page.text()).toContain(`action="${link(old, "/again")}"`);

      // Within the time of the caps nothing more is sent, and nobody can tell.
      expect(await (await press(old, "/again")).json()).toEqual({ status: "sent" });
      await world.settled();
      expect(optInTokens(world, ada)).toEqual([old]);

      await world.kernel.database.executeSql(
        "update gatehouse.deliveries set created_at = created_at - interval '8 days'",
      );
      expect(await (await press(old, "/again")).json()).toEqual({ status: "sent" });
      await world.settled();
      const [, fresh = ""] = optInTokens(world, ada);
      expect(fresh).not.toBe(old);
      await runJob();
      expect(await message()).toMatchObject({ state: "pending" });
      expect((await press(fresh)).status).toBe(200);
    });
    await world.settled();

    expect(await message()).toMatchObject({ state: "inbox" });
    expect(await statesOf("owner_email")).toEqual(["delivered"]);
    expect(await rows("waitlist_entries")).toMatchObject([{ state: "confirmed" }]);
  });

  test.each(["GET", "POST"])(
    "%s with a token that never was is 404, as JSON and as a page",
    async (method) => {
      const token = "Zy5cWm0vE7o3TnQ4b1sX8kLr2JpAu6hDgFqVeMtN9wI";
      const answer = await world.send(link(token), { method });
      expect([answer.status, await answer.json()]).toEqual([
        404,
        { error: "Cannot find this link", code: "not_found" },
      ]);

      const page = await world.send(link(token), { method, headers: browser });
      expect(page.status).toBe(404);
      expect(await page.text()).toContain("This link is not valid");
    },
  );

  test("leaves no address, link or entry when it is erased", async () => {
    await join();
    const id = String((await message())?.id);
    const actor = { id: 0, origin: { requestId: "a-request", ip: "192.0.2.1", agent: null } };

    await eraseSubmission(world.kernel, actor, id);

    expect(JSON.stringify((await world.traces()).tables)).not.toContain(ada);
    expect(await rows("opt_ins")).toEqual([]);
    expect(await rows("waitlist_entries")).toEqual([]);
  });
});

world.describe("the mail that asks to confirm", () => {
  test("goes out once when two hundred posts name one address at the same moment", async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, at) =>
        world.post("/api/v1/waitlist", { email: at % 2 ? ada : "Ada@Example.com", name: `Name ${at}` }),
      ),
    );
    await world.settled();

    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(optInTokens(world, ada)).toHaveLength(1);
    expect(world.mails).toHaveLength(1);
    const states = await statesOf("opt_in_email");
    expect(states.filter((one) => one === "suppressed")).toHaveLength(199);
    expect(await rows("waitlist_entries")).toHaveLength(1);
  });
});
