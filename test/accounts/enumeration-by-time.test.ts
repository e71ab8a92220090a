import { expect, test } from "bun:test";
import { asking } from "../support/ask";
import { createPerson, signIn, type Tokens } from "../support/people";
import { middleOf, rankSumP } from "../support/rank-sum";
import { openWorld } from "../support/world";

/** Enough to see a gap of some milliseconds; for a campaign `SAMPLES=300 bun test test/accounts/enumeration-by-time.test.ts`. */
const samples = Number(process.env.SAMPLES ?? 40);
/** What a suspicion is judged by: few samples of many doors, on every run, raise one by chance. */
const enough = Math.max(samples, 300);
const world = await openWorld();
/** Where hashes of an older system remain, every refusal is held back; a process remembers for a while that none do. */
const imported = await openWorld();
const run = (statement: string, where = world) => where.kernel.database.executeSql(statement);
const password = "correct horse battery staple";

/** Milliseconds of one call. Nothing of it may still run when the next begins. */
async function time(where: typeof world, path: string, email: string, body: object, as?: Tokens) {
  const began = performance.now();
  await asking(where)(as ? "PATCH" : "POST", path, { body: { email, ...body }, ...(as && { as }) });
  return performance.now() - began;
}

type Door = { path: string; body?: object; signedIn?: true; where?: typeof world };

/**
 * Both kinds in turns, each turn in a random order, so that whatever the machine does meets both alike; none is left
 * out. Mails are no part of what is measured: they are jobs, and their work would fall on whichever comes next.
 */
async function compare(
  { path, body = {}, signedIn, where = world }: Door,
  known: (at: number) => string,
  { from, count }: { from: number; count: number },
) {
  const as = signedIn && (await signIn(world, await createPerson(world)));
  const times = { known: [] as number[], unknown: [] as number[] };
  for (let at = -10; at < count; at++) {
    const turn = [
      ["known", known(from + Math.max(at, 0))],
      ["unknown", `nobody-${from + at}@example.com`],
    ] as const;
    for (const [kind, email] of Math.random() < 0.5 ? turn : turn.toReversed()) {
      const ms = await time(where, path, email, body, as);
      if (at >= 0) times[kind].push(ms);
    }
  }
  const [known_, unknown] = [middleOf(times.known), middleOf(times.unknown)];
  return {
    known: known_,
    unknown,
    apart: Math.abs(known_ - unknown),
    p: rankSumP(times.known, times.unknown),
  };
}

async function expectNothingTold(name: string, door: Door, known: (at: number) => string): Promise<void> {
  const tells = async (from: number, count: number): Promise<boolean> => {
    const { apart, p, ...medians } = await compare(door, known, { from, count });
    const figures = Object.entries(medians).map(([kind, ms]) => `${kind} ${ms.toFixed(2)} ms`);
    console.error(`${name}: ${figures.join(", ")}; p ${p.toExponential(1)}, ${count} + ${count}`);
    return apart >= 2 && p <= 0.01;
  };
  const told = (await tells(0, samples)) && (samples >= enough || (await tells(samples + 20, enough)));
  expect(told).toBe(false);
}

/** As many accounts as samples, made by the database: a sample that met an account twice would find its mail waiting. */
const many = (prefix: string, verified: boolean) =>
  run(`
    insert into gatehouse.users (email, email_key, username, username_key, password_hash, registered_via, verified_at)
    select '${prefix}-' || n || '@example.com', '${prefix}-' || n || '@example.com', '${prefix}-' || n, '${prefix}-' || n,
      (select password_hash from gatehouse.users limit 1), 'portal', ${verified ? "now()" : "null"}
    from generate_series(0, ${samples + 20 + enough}) n`);

world.describe("how long a stranger waits", () => {
  const wrong = { password: "not the password" };
  const minutes = 10 * 60_000;

  test.each(["known", "unconfirmed", "disabled", "github"])(
    "login tells nothing of an account: %s",
    async (kind) => {
      await createPerson(world, {
        email: "known@example.com",
        password,
        verified: kind !== "unconfirmed",
        disabled: kind === "disabled",
      });
      if (kind === "github") await run("update gatehouse.users set password_hash = null");
      await expectNothingTold(
        `login, ${kind}`,
        { path: "auth/login", body: wrong },
        () => "known@example.com",
      );
    },
    minutes,
  );

  test(
    "login tells nothing of an account whose hash is of an older system",
    async () => {
      await createPerson(imported, { email: "known@example.com", password });
      const hash = await Bun.password.hash(password, { algorithm: "bcrypt", cost: 10 });
      await run(`update gatehouse.users set password_hash = '${hash}'`, imported);

      const door = { path: "auth/login", body: wrong, where: imported };
      await expectNothingTold("login, bcrypt", door, () => "known@example.com");
    },
    minutes,
  );

  test(
    "login tells nothing of an address that a stranger registered, by the password of that stranger",
    async () => {
      await createPerson(world, { password });
      await many("mine", false);

      await expectNothingTold(
        "login, unconfirmed, right password",
        { path: "auth/login", body: { password } },
        (at) => `mine-${at}@example.com`,
      );
    },
    minutes,
  );

  test.each([
    { path: "auth/register", body: { password: "a new long password" }, verified: true },
    { path: "auth/verify/resend", verified: false },
    { path: "auth/verify/resend", verified: true },
    { path: "auth/password/forgot", verified: true },
    { path: "account/email", body: { password }, signedIn: true, verified: true } as const,
  ])(
    "$path tells nothing of an account, confirmed: $verified",
    async ({ verified, ...door }) => {
      await createPerson(world, { password });
      await many("known", verified);

      await expectNothingTold(
        `${door.path}, confirmed: ${verified}`,
        door,
        (at) => `known-${at}@example.com`,
      );
    },
    minutes,
  );
});
