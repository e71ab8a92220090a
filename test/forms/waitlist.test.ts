import { beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { correctVerdict } from "#/modules/forms/inbox/handle-submission";
import { type JoinedEntry, joinWaitlist, optInToken, optInTokens } from "../support/opt-in";
import { bearer, createPerson, signIn } from "../support/people";
import { browser, openWorld } from "../support/world";

// Each entry of these lists is confirmed by a mail.
setDefaultTimeout(120_000);

const world = await openWorld({ env: { DEV_MASTER_OTP: "914273", FORMS_MAIL_PER_ADDRESS: "5/24h" } });

const join = (email: string, fields: Record<string, string> = {}) =>
  world.post("/api/v1/waitlist", { email, ...fields });
const rows = async (table: string) => (await world.traces()).tables[table] ?? [];
const entryOf = async (email: string) =>
  (await rows("waitlist_entries")).find((one) => one.email_normalised === email);
const statusOf = async ({ status_link: link }: JoinedEntry): Promise<JoinedEntry> =>
  (await world.send(new URL(link).pathname)).json() as Promise<JoinedEntry>;
const actor = { id: 0, origin: { requestId: "a-request", ip: "192.0.2.1", agent: null } };

world.describe("a post to the waitlist", () => {
  test("is answered alike for an address that is new, known, confirmed and declined, byte for byte", async () => {
    await join("known@example.com");
    await joinWaitlist(world, "confirmed@example.com");
    await join("declined@example.com");
    const token = await optInToken(world, "declined@example.com");
    await world.send(`/f/-/confirm/${token}/decline`, { method: "POST" });

    const names = ["known", "confirmed", "declined", "new"];
    const answers = await Promise.all(names.map((name) => join(`${name}@example.com`, { name: "Ada" })));

    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    const alike = bodies.map((body) => body.replace(/"id":"[0-9a-f-]{36}"/, '"id":"…"'));
    expect(alike).toEqual(
      Array(4).fill(
        '{"status":"ok","message":"Form received","ok":true,"id":"…","next":null,"confirmation":"sent"}',
      ),
    );
    const headersOf = ({ headers }: Response) =>
      [...headers].filter(([name]) => name !== "date" && name !== "x-request-id");
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect(headersOf(answer)).toEqual(headersOf(answers[0] as Response));
    }
  });

  test("that is spam is answered the same, makes no mail, and its entry is removed", async () => {
    const answer = await join("robot@example.com", { _gotcha: "filled" });
    await world.settled();

    expect(await answer.json()).toMatchObject({ status: "ok", confirmation: "sent" });
    expect(world.mails).toEqual([]);
    expect(await entryOf("robot@example.com")).toMatchObject({ state: "removed" });
  });

  test("that is no spam brings back the entry of an address that a robot had used", async () => {
    await join("ada@example.com", { _gotcha: "filled" });
    await world.settled();

    const entry = await joinWaitlist(world, "ada@example.com", { name: "Ada" });

    expect(entry).toMatchObject({ position: 1, verified: true });
    expect(await rows("waitlist_entries")).toMatchObject([{ state: "confirmed" }]);
  });

  test("makes one entry an address, however many come at one moment", async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, at) => join(`person-${at % 6}@example.com`, { name: `Name ${at}` })),
    );

    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(await rows("waitlist_entries")).toHaveLength(6);
    await world.settled();
  });
});

world.describe("a referral", () => {
  test("moves the friend ahead when it is confirmed, and not before", async () => {
    for (const name of ["one", "two", "three"]) await joinWaitlist(world, `${name}@example.com`);
    const friend = await joinWaitlist(world, "friend@example.com");
    expect(friend).toMatchObject({ position: 4, priority: 3, amount_referred: 0, total: 4 });

    await join("guest@example.com", { referral_token: friend.referral_token });
    await world.settled();
    expect(await statusOf(friend)).toMatchObject({ position: 4, amount_referred: 0 });

    const token = await optInToken(world, "guest@example.com");
    await Promise.all(
      Array.from({ length: 10 }, () => world.send(`/f/-/confirm/${token}`, { method: "POST" })),
    );

    expect(await statusOf(friend)).toMatchObject({ position: 2, priority: 1, amount_referred: 1, total: 5 });
  });

  test("counts once: the first that an address came by", async () => {
    const first = await joinWaitlist(world, "first@example.com");
    const second = await joinWaitlist(world, "second@example.com");
    await join("guest@example.com", { referral_token: first.referral_token });
    await join("guest@example.com", { referral_token: second.referral_token });
    await world.settled();

    await world.send(`/f/-/confirm/${await optInToken(world, "guest@example.com")}`, { method: "POST" });

    expect(await statusOf(first)).toMatchObject({ amount_referred: 1 });
    expect(await statusOf(second)).toMatchObject({ amount_referred: 0 });
  });

  test("of oneself gives nothing, by the same address or one with a tag", async () => {
    const own = await joinWaitlist(world, "ada@example.com");
    await join("ada@example.com", { referral_token: own.referral_token, name: "Ada" });

    await joinWaitlist(world, "ada+friend@example.com", { referral_token: own.referral_token });

    expect(await statusOf(own)).toMatchObject({ amount_referred: 0 });
    expect(await entryOf("ada+friend@example.com")).toMatchObject({ referred_by: null });
  });

  test("is taken back when it turns out as spam or declines, and given again when it was none", async () => {
    const friend = await joinWaitlist(world, "friend@example.com");
    await joinWaitlist(world, "guest@example.com", { referral_token: friend.referral_token });
    await joinWaitlist(world, "other@example.com", { referral_token: friend.referral_token });
    expect(await statusOf(friend)).toMatchObject({ amount_referred: 2 });
    const id = String((await entryOf("guest@example.com"))?.submission_id);

    await correctVerdict(world.kernel, actor, id, { state: "spam", version: 0 });
    expect(await statusOf(friend)).toMatchObject({ amount_referred: 1, total: 2 });
    await correctVerdict(world.kernel, actor, id, { state: "inbox", version: 1 });
    expect(await statusOf(friend)).toMatchObject({ amount_referred: 2, total: 3 });

    const [token] = optInTokens(world, "other@example.com");
    await world.send(`/f/-/confirm/${token}/decline`, { method: "POST" });
    expect(await statusOf(friend)).toMatchObject({ amount_referred: 1, total: 2 });
  });

  test("leads to the form, which carries the token along unseen", async () => {
    const friend = await joinWaitlist(world, "friend@example.com");
    const { pathname } = new URL(friend.referral_link);

    const page = await (await world.send(pathname, { headers: browser })).text();

    expect(page).toContain(`<input type="hidden" name="referral_token" value="${friend.referral_token}">`);
    expect((await world.send("/f/-/friends/%22%3E%3Cscript%3E")).status).toBe(404);
  });
});

world.describe("one's own place", () => {
  test("is a page for a person and JSON for a program; another link is 404", async () => {
    const entry = await joinWaitlist(world, "ada@example.com");
    const { pathname } = new URL(entry.status_link);

    const page = await world.send(pathname, { headers: { ...browser, "accept-language": "de" } });

    expect(page.status).toBe(200);
    expect(page.headers.get("referrer-policy")).toBe("no-referrer");
    const text = await page.text();
    expect(text).toContain("Sie haben Platz 1 von 1.");
    expect(text).not.toContain("ada@example.com");
    const { status_link, ...shown } = entry;
    expect(await statusOf(entry)).toEqual(shown as JoinedEntry);
    const other = await world.send("/f/-/waitlist/Zy5cWm0vE7o3TnQ4b1sX8kLr2JpAu6hDgFqVeMtN9wI");
    expect(other.status).toBe(404);
  });
});

world.describe("the team", () => {
  let editor: Record<string, string>;
  let dev: Record<string, string>;
  beforeEach(async () => {
    editor = bearer(await signIn(world, await createPerson(world, { role: "editor" })));
    const person = await createPerson(world, { role: "dev" });
    dev = bearer(await signIn(world, person, { scope: "dev", otp: "914273" }));
  });
  const list = async (query = "") => {
    const answer = await world.send(`/api/v1/admin/waitlist${query}`, { headers: editor });
    return (await answer.json()) as { items: { id: string; email: string; state: string }[]; next: string };
  };
  const invite = (body: object, headers = dev) =>
    world.post("/api/v1/admin/waitlist/invitations", body as Record<string, unknown>, { headers });

  test("reads the list in its order, page by page", async () => {
    const names = ["one", "two", "three", "four"].map((name) => `${name}@example.com`);
    for (const email of names) await joinWaitlist(world, email);
    await join("pending@example.com");
    await world.settled();

    const seen: string[] = [];
    for (let after = ""; ; ) {
      const { items, next } = await list(`?limit=3${after}`);
      seen.push(...items.map(({ email }) => email));
      if (next === null) break;
      after = `&after=${encodeURIComponent(next)}`;
    }

    expect(seen).toEqual(names);
    expect((await list("?state=pending")).items.map(({ email }) => email)).toEqual(["pending@example.com"]);
  });

  test("invites the next ones, or those it names, each once and by mail", async () => {
    const entries: JoinedEntry[] = [];
    for (const name of ["one", "two", "three"])
      entries.push(await joinWaitlist(world, `${name}@example.com`));
    await join("pending@example.com");
    await world.settled();
    const [one, two, three] = (await list()).items.map(({ id }) => id);
    const [pending] = (await list("?state=pending")).items.map(({ id }) => id);
    const before = world.mails.length;

    expect(await (await invite({ count: 1 })).json()).toEqual({ invited: [one] });
    expect(await (await invite({ ids: [three, one, pending] })).json()).toEqual({ invited: [three] });
    await world.settled();

    const invitations = world.mails
      .slice(before)
      .map(({ envelope, headers }) => [envelope.to[0], headers.get("subject")?.[0]]);
    expect(invitations.toSorted()).toEqual([
      ["one@example.com", "It is your turn"],
      ["three@example.com", "It is your turn"],
    ]);
    expect(await statusOf(entries[1]!)).toMatchObject({ position: 1, total: 1 });
    expect(await statusOf(entries[0]!)).toMatchObject({ position: 0, priority: 0 });
    expect((await list("?state=invited")).items.map(({ id }) => id)).toEqual([one, three] as string[]);
    const events = (await rows("audit_events")).filter(({ event }) => event === "waitlist.invited");
    expect(events).toMatchObject([{ data: { entries: [one] } }, { data: { entries: [three] } }]);
    expect(two).toBeString();
  });

  test.each([
    [{}, 422],
    [{ ids: ["0199f3c2-5b1e-7000-8000-0000000000c3"], count: 1 }, 422],
    [{ count: 501 }, 422],
    [{ ids: ["1"] }, 422],
  ])("refuses an invitation of %p with %i and changes nothing", async (body, status) => {
    const before = await world.traces();

    const answer = await invite(body);

    expect(answer.status).toBe(status);
    expect(await world.traces()).toEqual(before);
  });
});
