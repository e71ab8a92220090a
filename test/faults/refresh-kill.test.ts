import { afterAll, expect, test } from "bun:test";
import type { Database } from "#/kernel/db";
import { type DatabaseKind, openPlaces } from "../support/databases";
import { executablePath, type Started, startExecutable } from "../support/executable";
import { bearer, createPerson, type Tokens } from "../support/people";

const kills = 3;
/** Requests with one token at a time, as tabs of one browser send them. */
const tabs = 4;

const places = await openPlaces();
afterAll(places.close);

const post = (url: string, action: "login" | "refresh", body: object) =>
  fetch(`${url}/api/v1/auth/${action}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

/** Refreshes one session without pause and kills the executable in the middle of it, again and again. */
async function refreshUnderKills(kind: DatabaseKind) {
  using place = await places.open(kind);
  // Longer than a restart takes: what was committed and never answered is asked for again.
  const env = { ...place.env, REFRESH_GRACE_SECONDS: "120" };
  let running = await startExecutable(env);
  await running.kill();
  const person = await place.inspect((database) => createPerson({ kernel: database }));
  running = await startExecutable(env);
  const login = await post(running.url, "login", person);
  let token = ((await login.json()) as Tokens).refresh_token;
  let answered = 0;
  let unanswered = 0;

  for (let kill = 0; kill < kills; kill++) {
    const { promise: killed, resolve } = Promise.withResolvers<void>();
    // In the middle of the next refresh, or just before or after it.
    const kill9 = () =>
      setTimeout(() => void running.kill("SIGKILL").then(() => resolve()), Math.random() * 10);
    const round = await refreshUntilDead(running, token, { at: 4 + Math.random() * 40, reached: kill9 });
    await killed;
    token = round.token;
    answered += round.answered;

    const { halves, leaves, isAhead } = await place.inspect((database) => readChain(database));
    expect({ kind, kill, halves, leaves }).toEqual({ kind, kill, halves: [], leaves: 1 });
    if (isAhead(token)) unanswered += 1;
    running = await startExecutable(env);
    const next = await post(running.url, "refresh", { refresh_token: token });
    expect({ kind, kill, status: next.status }).toEqual({ kind, kill, status: 200 });
    token = ((await next.json()) as Tokens).refresh_token;
  }
  const last = (await (await post(running.url, "refresh", { refresh_token: token })).json()) as Tokens;
  const me = await fetch(`${running.url}/api/v1/users/me`, { headers: bearer(last) });
  await running.kill();
  return { answered, unanswered, status: me.status };
}

/** The last token that was answered; all answers to one token hold the same successor. */
async function refreshUntilDead(
  { url }: Started,
  token: string,
  { at, reached }: { at: number; reached: () => void },
) {
  let answered = 0;
  let isDoomed = false;
  for (;;) {
    if (!isDoomed && answered >= at) {
      isDoomed = true;
      reached();
    }
    const asked = Array.from({ length: tabs }, async () => {
      const answer = await post(url, "refresh", { refresh_token: token });
      return ((await answer.json()) as Tokens).refresh_token;
    });
    const successors = (await Promise.allSettled(asked)).filter((one) => one.status === "fulfilled");
    const [first] = successors;
    if (!first) return { token, answered };
    expect(new Set(successors.map(({ value }) => value))).toEqual(new Set([first.value]));
    token = first.value;
    answered += successors.length;
    if (successors.length < tabs) return { token, answered };
  }
}

/** What no kill may leave: a used token without a successor, a successor of an unused one, more than one end. */
async function readChain({ executeSql }: Pick<Database, "executeSql">) {
  const { rows } = await executeSql(`
    select encode(t.hash, 'hex') as hash, t.used_at is not null as used, next.id is not null as followed
    from gatehouse.refresh_tokens t left join gatehouse.refresh_tokens next on next.parent_id = t.id`);
  const ends = rows.filter(({ used }) => !used).map(({ hash }) => String(hash));
  return {
    halves: rows.filter(({ used, followed }) => used !== followed),
    leaves: ends.length,
    isAhead: (token: string) => ends[0] !== new Bun.CryptoHasher("sha256").update(token).digest("hex"),
  };
}

test("killed while it refreshes, it leaves whole chains, and the client goes on with what it holds", async () => {
  await executablePath();
  const runs = await Promise.all(
    places.kinds.map(async (kind) => ({ kind, ...(await refreshUnderKills(kind)) })),
  );

  for (const { kind, answered, unanswered, status } of runs) {
    console.error(
      `${kind}: ${answered} refreshes answered under ${kills} kills; ${unanswered} times a token had been used`,
      "whose successor never arrived",
    );
    expect(status).toBe(200);
    expect(answered).toBeGreaterThan(kills);
  }
}, 150_000);
