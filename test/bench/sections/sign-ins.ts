import { temporaryFolder } from "../../support/folder";
import { percentile } from "../../support/percentile";
import type { Section } from "../bench";
import { startService } from "../service";
import { type Line, spread } from "../table";

const people = 400;
const password = "correct horse battery staple";
const json = { "content-type": "application/json" };

/** `seconds` to its answer. */
type Shot = { status: number; seconds: number; retryAfter: string | null; body: string };

/** One call, as from an address of its own through a proxy that is trusted. */
async function call(url: string, body: object | undefined, headers: Record<string, string>): Promise<Shot> {
  const began = performance.now();
  const init = body
    ? { method: "POST", body: JSON.stringify(body), headers: { ...json, ...headers } }
    : { headers };
  const answer = await fetch(url, init);
  const text = await answer.text();
  const seconds = (performance.now() - began) / 1000;
  return { status: answer.status, seconds, retryAfter: answer.headers.get("retry-after"), body: text };
}

const from = (at: number) => ({ "x-forwarded-for": `198.51.${100 + (at >> 8)}.${at & 255}` });

/** Answers as fast as they come, from `lanes` at once, for so long; throws at anything but 200. */
async function perSecond(
  lanes: number,
  seconds: number,
  next: (lane: number) => Promise<Shot>,
): Promise<number> {
  const began = performance.now();
  let answers = 0;
  const lane = async (at: number) => {
    while (performance.now() - began < seconds * 1000) {
      const { status } = await next(at);
      if (status !== 200) throw new Error(`It answers ${status}`);
      answers++;
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, at) => lane(at)));
  return answers / ((performance.now() - began) / 1000);
}

export const signIns: Section = {
  name: "sign-ins",
  needs: ["a PostgreSQL server"],
  async measure({ seconds, postgres }) {
    const database = await postgres().createDatabase();
    return [...(await measureOn(seconds)), ...(await measureOn(seconds, database))];
  },
};

/**
 * 400 people sign in at once, from as many addresses, while others ask for `/health` and post the contact form. Then
 * refreshes and `users/me`, each as fast as one process answers.
 */
async function measureOn(seconds: number, databaseUrl?: string): Promise<Line[]> {
  using folder = temporaryFolder();
  const env = { TRUSTED_PROXIES: "127.0.0.1", REQUIRE_VERIFIED_EMAIL: "false", HASH_MAX_WAIT_MS: "60000" };
  const prepared = await startService(folder.path, databaseUrl, env);
  await prepared.ready();
  const register = (at: number) =>
    call(`${prepared.url}/api/v1/auth/register`, { email: `person-${at}@example.com`, password }, from(at));
  for (let at = 0; at < people; at += 20)
    for (const { status } of await Promise.all(Array.from({ length: 20 }, (_, next) => register(at + next))))
      if (status !== 201) throw new Error(`The registration answers ${status}`);
  await prepared.stop();

  const service = await startService(folder.path, databaseUrl, { ...env, HASH_MAX_WAIT_MS: "3000" });
  await service.ready();
  const signIn = (at: number) =>
    call(`${service.url}/api/v1/auth/login`, { email: `person-${at}@example.com`, password }, from(at));
  const [first] = await Promise.all([signIn(0), call(`${service.url}/health`, undefined, {})]);
  const before = service.residentMegabytes();

  const beside = { health: [] as number[], posts: [] as number[] };
  let running = true;
  const watch = async (times: number[], ask: () => Promise<Shot>) => {
    while (running) {
      const { status, seconds } = await ask();
      if (status !== 200) throw new Error(`Beside the sign-ins: ${status}`);
      times.push(seconds * 1000);
      await Bun.sleep(5);
    }
  };
  const watching = Promise.all([
    watch(beside.health, () => call(`${service.url}/health`, undefined, {})),
    watch(beside.posts, () =>
      call(
        `${service.url}/api/contact`,
        { name: "Ada", email: "ada@example.com", message: crypto.randomUUID() },
        from(2_000 + beside.posts.length),
      ),
    ),
  ]);
  const shots = await Promise.all(Array.from({ length: people }, (_, at) => signIn(at)));
  running = false;
  await watching;
  const grown = service.residentMegabytes() - before;

  const signedIn = shots.filter(({ status }) => status === 200);
  const refused = shots.filter(({ status, retryAfter }) => status === 503 && Number(retryAfter) > 0);
  const longest = Math.max(...shots.map(({ seconds }) => seconds));
  const healthP99 = percentile(beside.health, 99);

  let tokens = JSON.parse(first.body) as { access_token: string; refresh_token: string };
  const chains = signedIn.slice(0, 8).map(({ body }) => JSON.parse(body) as typeof tokens);
  const refreshes = await perSecond(chains.length, seconds, async (lane) => {
    const body = { refresh_token: chains[lane]!.refresh_token };
    const shot = await call(`${service.url}/api/v1/auth/refresh`, body, from(lane));
    if (shot.status === 200) chains[lane] = JSON.parse(shot.body);
    return shot;
  });
  tokens = chains[0] ?? tokens;
  const bearer = { authorization: `Bearer ${tokens.access_token}` };
  const reads = await perSecond(16, seconds, () => call(`${service.url}/api/v1/users/me`, undefined, bearer));
  await service.stop();

  const where = databaseUrl ? "PostgreSQL" : "embedded";
  return [
    {
      what: `${people} sign-ins at once, ${where}`,
      measured: `${signedIn.length} in, ${refused.length} refused with Retry-After; the last after ${spread([longest], 1)} s`,
      detail: `${spread([grown])} MB more memory; contact posts meanwhile p99 ${spread([percentile(beside.posts, 99)])} ms`,
      target: `each ≤ 8 s or Retry-After, \`/health\` p99 < 50 ms (${spread([healthP99], 1)}), memory + < 60 MB`,
      reached: signedIn.length + refused.length === people && longest <= 8 && healthP99 < 50 && grown < 60,
    },
    { what: `refreshes, 8 sessions, ${where}`, measured: `${spread([refreshes])}/s` },
    { what: `\`users/me\`, 16 connections, ${where}`, measured: `${spread([reads])}/s` },
  ];
}
