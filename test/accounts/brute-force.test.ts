import { expect, test } from "bun:test";
import { asking, network } from "../support/ask";
import { enrol, wrongCode } from "../support/authenticator";
import { createPerson, type Person, signIn } from "../support/people";
import { openWorld } from "../support/world";

/** Guesses at a time: as a script would send them, and no more than the queue of one network takes. */
const atOnce = 10;
/** As many as ten seconds allow; for a campaign `CODES=10000 bun test test/accounts/brute-force.test.ts`. */
const codes = Number(process.env.CODES ?? Number.POSITIVE_INFINITY);

const world = await openWorld({
  env: { RATE_LIMIT: "on", TRUSTED_PROXIES: "127.0.0.1", HASH_MAX_WAIT_MS: "60000" },
});
const ask = asking(world);

const login = (email: string, password: string, from: string, otp?: string) =>
  ask("POST", "auth/login", { body: { email, password, ...(otp && { otp }) }, from });

async function inTurns<Result>(count: number, call: (at: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < count; at += atOnce)
    results.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(atOnce, count - at) }, (_, next) => call(at + next)),
      )),
    );
  return results;
}

const count = (statuses: readonly number[]) =>
  Object.fromEntries(
    [...Map.groupBy(statuses, (status) => status)].map(([status, all]) => [status, all.length]),
  );

world.describe("a script that guesses", () => {
  test("1,000 passwords of one account from 500 networks: 10 are looked at, and the owner gets in", async () => {
    const owner: Person = await createPerson(world);
    await signIn(world, owner);

    const answers = await inTurns(1_000, (at) => login(owner.email, `guess ${at}`, network(at % 500)));
    const [refused] = answers.filter(({ status }) => status === 429);
    const atHome = await ask("POST", "auth/login", {
      body: { email: owner.email, password: owner.password },
    });

    expect(count(answers.map(({ status }) => status))).toEqual({ 401: 10, 429: 990 });
    expect(answers.slice(0, 10).map(({ status }) => status)).toEqual(Array(10).fill(401));
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(refused?.headers.get("ratelimit-policy")).toBe('"sign-in-account";q=10;w=900');
    expect(refused?.headers.get("ratelimit")).toMatch(/^"sign-in-account";r=0;t=\d+$/);
    expect(atHome.status).toBe(200);
  }, 120_000);

  test("1,000 accounts from one network: 30 are looked at, also with an invented header", async () => {
    const answers = await inTurns(1_000, (at) =>
      ask("POST", "auth/login", {
        body: { email: `somebody-${at}@example.com`, password: "Summer2026!" },
        // The proxy adds the last address; what stands before it is the sender's own claim.
        from: `${network(at)}, 203.0.113.200`,
      }),
    );

    expect(count(answers.map(({ status }) => status))).toEqual({ 401: 30, 429: 970 });
    expect(answers.slice(0, 30).every(({ status }) => status === 401)).toBe(true);
  }, 120_000);

  test("thousands of one-time codes with the right password: five are looked at and none is accepted", async () => {
    const person = await createPerson(world);
    const tokens = await signIn(world, person);
    const { secret } = await enrol(ask, tokens, person.password);
    const wrong = wrongCode(secret);
    const until = performance.now() + (process.env.CODES ? 3_600_000 : 10_000);

    let tried = 0;
    const statuses = new Set<number>();
    let looked = 0;
    while (tried < codes && performance.now() < until) {
      const answers = await inTurns(atOnce, () => login(person.email, person.password, "127.0.0.1", wrong));
      for (const { status } of answers) statuses.add(status);
      looked += answers.filter(({ status }) => status === 403).length;
      tried += answers.length;
    }

    console.error(`${tried} codes tried, ${looked} looked at`);
    expect([...statuses].sort()).toEqual([403, 429]);
    expect(looked).toBe(5);
    expect((await world.traces()).tables.sessions).toHaveLength(1);
  }, 120_000);

  test("links that set a password: 30 an hour from one network, over all routes that take links", async () => {
    const routes = ["auth/password/reset", "auth/verify", "auth/email/confirm"];
    const from = "203.0.113.201";

    const answers = [];
    for (let at = 0; at < 33; at++) {
      const token = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
      const body = { token, password: "the password of a thief" };
      answers.push(await ask("POST", routes[at % 3]!, { body, from }));
    }

    expect(count(answers.map(({ status }) => status))).toEqual({ 400: 30, 429: 3 });
    expect(answers.slice(30).map(({ code }) => code)).toEqual(Array(3).fill("rate_limited"));
    expect(Number(answers[30]?.headers.get("retry-after"))).toBeGreaterThan(3_500);
    expect(answers[30]?.headers.get("ratelimit-policy")).toBe('"account-link";q=30;w=3600');
  });

  test("mails to one address: three an hour, whoever asks, and the answer stays the same", async () => {
    const person = await createPerson(world);
    const asked = [];
    for (let at = 0; at < 8; at++) {
      const body = { email: person.email };
      asked.push(await ask("POST", "auth/password/forgot", { body, from: network(800 + at) }));
      // A newer link ends the older one, whose mail is not sent if it has not been yet.
      await world.settled();
    }

    expect(asked.map(({ status }) => status)).toEqual(Array(8).fill(202));
    expect(world.mails).toHaveLength(3);
  });

  test("mails to an address without an account through changes of address: three an hour", async () => {
    for (let at = 0; at < 5; at++) {
      const person = await createPerson(world);
      const as = await signIn(world, person);
      const body = { email: "stranger@example.com", password: person.password };
      expect((await ask("PATCH", "account/email", { as, body, from: network(900 + at) })).status).toBe(202);
    }
    await world.settled();

    expect(world.mails.filter(({ envelope }) => envelope.to[0] === "stranger@example.com")).toHaveLength(3);
  });
});
