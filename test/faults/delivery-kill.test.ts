import { afterAll, expect, test } from "bun:test";
import { SMTPServer } from "smtp-server";
import type { Database } from "#/kernel/db";
import { type DatabaseKind, openPlaces } from "../support/databases";
import { type Started, startExecutable } from "../support/executable";
import { parseMail } from "../support/parse-mail";

/** Where the service stands when it is killed: between every two steps of handing over a mail. */
const stages = ["connected", "MAIL", "RCPT", "DATA", "all but the answer", "the answer"] as const;
type Stage = (typeof stages)[number];

/** Promise D3: everything is delivered when it has run for so long after the last restart. */
const deliveredWithinMs = 60_000;
/** Each look ends the embedded one, whose rounds for jobs of dead processes begin anew: every 10 s. */
const betweenLooksMs = { embedded: 30_000, postgres: 500 };

const places = await openPlaces();
afterAll(places.close);

/** A mail server that asks `reached` at every stage, and goes on when that is done. */
async function startStaged(reached: (stage: Stage, deliveryId?: string) => Promise<void>) {
  const then = (stage: Stage, done: () => void) => void reached(stage).then(() => done());
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    disableReverseLookup: true,
    onConnect: (_, done) => then("connected", done),
    onMailFrom: (_, __, done) => then("MAIL", done),
    onRcptTo: (_, __, done) => then("RCPT", done),
    async onData(stream, _, done) {
      await reached("DATA");
      const chunks = await Array.fromAsync(stream as AsyncIterable<Buffer>).catch(() => undefined);
      // It died before the dot: nothing was received.
      if (!chunks) return;
      const { headers } = parseMail(Buffer.concat(chunks).toString(), { from: "", to: [] });
      const id = headers.get("message-id")?.[0]?.match(/[0-9a-f-]{36}/)?.[0] ?? "none";
      await reached("all but the answer", id);
      done();
      setImmediate(() => void reached("the answer", id));
    },
  });
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.server.address() as { port: number };
  return {
    url: `smtp://127.0.0.1:${port}`,
    stop: () => new Promise<void>((resolve) => server.close(resolve)),
  };
}

async function deliverUnderKills(kind: DatabaseKind) {
  await using cleanup = new AsyncDisposableStack();
  const place = cleanup.use(await places.open(kind));
  let running: Started | undefined;
  let armed: { stage: Stage; struck: PromiseWithResolvers<void> } | undefined;
  /** The mails that the server was given, by the life of the service in which that was. */
  const lives: string[][] = [[]];
  const smtp = await startStaged(async (stage, id) => {
    if (stage === "all but the answer" && id !== undefined) lives.at(-1)?.push(id);
    if (armed?.stage !== stage) return;
    const { struck } = armed;
    armed = undefined;
    await running?.kill("SIGKILL");
    struck.resolve();
  });
  cleanup.defer(() => smtp.stop());
  const env = {
    ...place.env,
    SMTP_URL: smtp.url,
    MAIL_FROM: "Site <site@example.com>",
    NOTIFY_EMAIL: "team@example.com",
  };

  for (const stage of stages) {
    running = await startExecutable(env);
    const struck = Promise.withResolvers<void>();
    armed = { stage, struck };
    await post(running.url, `Killed at ${stage}`);
    await struck.promise;
    lives.push([]);
  }
  running = await startExecutable(env);
  let ranMs = 0;
  const isDone = (states: Map<string, string>) =>
    states.size > 0 && [...states.values()].every((state) => state === "delivered");
  let states = new Map<string, string>();
  while (!isDone(states)) {
    if (ranMs > deliveredWithinMs) throw new Error(`Not delivered in time: ${[...states.values()]}`);
    await Bun.sleep(betweenLooksMs[kind]);
    ranMs += betweenLooksMs[kind];
    // The embedded database can be looked into only while nobody serves.
    if (kind === "embedded") await running.kill();
    states = await place.inspect(readDeliveries);
    if (kind === "embedded") running = await startExecutable(env);
  }
  await running.kill();
  const stored = await place.inspect(countSubmissions);
  return { deliveries: [...states.keys()], lives, stored, ranMs };
}

async function readDeliveries({ executeSql }: Database): Promise<Map<string, string>> {
  const { rows } = await executeSql("select id::text as id, state from gatehouse.deliveries");
  return new Map(rows.map(({ id, state }) => [String(id), String(state)]));
}

const countSubmissions = async ({ executeSql }: Database): Promise<number> =>
  Number((await executeSql("select count(*)::int as count from gatehouse.submissions")).rows[0]?.count);

async function post(url: string, message: string): Promise<void> {
  const answer = await fetch(`${url}/f/contact`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "Ada", email: "ada@example.com", message }),
  });
  expect(answer.status).toBe(200);
  await answer.bytes();
}

test.each(places.kinds)(
  "%s: killed between any two steps of a mail, every mail arrives, at most once more for each kill",
  async (kind) => {
    const { deliveries, lives, stored, ranMs } = await deliverUnderKills(kind);

    const arrived = lives.flat();
    console.error(
      `${kind}: ${deliveries.length} mails, ${stages.length} kills, ${arrived.length - deliveries.length} sent again;`,
      `all recorded at most ${Math.round(ranMs / 1000)} s after the last restart`,
    );
    expect(stored).toBe(stages.length);
    expect(deliveries).toHaveLength(stored);
    expect(new Set(arrived)).toEqual(new Set(deliveries));
    // Once for each life of the service is at most one duplicate a kill.
    for (const mails of lives) expect(mails).toHaveLength(new Set(mails).size);
  },
  400_000,
);
