import { afterAll, expect, test } from "bun:test";
import { type DatabaseKind, openPlaces } from "../support/databases";
import { startExecutable } from "../support/executable";
import { bearer, signIn } from "../support/people";
import { addResidents } from "../support/residents";
import { startSmtp } from "../support/smtp";
import { until } from "../support/until";

const messages = 40;
const kills = 2;
const places = await openPlaces();
afterAll(places.close);

/** Sends again what has arrived, and is killed in the moment in which the mail server has one of those mails. */
async function replayUnderKills(kind: DatabaseKind) {
  await using cleanup = new AsyncDisposableStack();
  const place = cleanup.use(await places.open(kind));
  const residents = await addResidents(place, { user: 0, editor: 1, dev: 0 });
  const smtp = await startSmtp();
  cleanup.defer(() => smtp.stop());
  const settings = {
    SMTP_URL: smtp.url,
    MAIL_FROM: "site@example.com",
    NOTIFY_EMAIL: "team@example.com",
  };
  let running = await startExecutable({ ...place.env, ...settings });
  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    fetch(running.url + path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  for (let n = 0; n < messages; n++)
    await post("/api/contact", { name: "Ada", email: "ada@example.com", message: `Message ${n}` });
  await until(() => smtp.messages.length === messages, 60);
  const headers = bearer(await signIn({ post }, residents.take("editor")));
  const list = async () => {
    const answer = await fetch(`${running.url}/api/v1/admin/deliveries?limit=200`, { headers });
    return ((await answer.json()) as { items: { id: string; state: string }[] }).items;
  };
  await until(async () => (await list()).every(({ state }) => state === "delivered"), 60);

  const ids = (await list()).map(({ id }) => id);
  const answers = ids.map((id) => post(`/api/v1/admin/deliveries/${id}/replays`, { again: true }, headers));
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  for (let kill = 0; kill < kills; kill++) {
    const seen = smtp.messages.length;
    const isOver = async () => (await list()).every(({ state }) => state === "delivered");
    await until(async () => smtp.messages.length > seen || (await isOver()), 60);
    await running.kill("SIGKILL");
    running = await startExecutable({ ...place.env, ...settings });
  }
  await until(async () => (await list()).every(({ state }) => state === "delivered"), 120);
  await running.kill();

  const copies = new Map(ids.map((id) => [id, 0]));
  for (const mail of smtp.messages) {
    const id = mail.headers.get("message-id")?.[0]?.match(/[0-9a-f-]{36}/)?.[0] ?? "none";
    copies.set(id, (copies.get(id) ?? 0) + 1);
  }
  return { statuses, copies: [...copies.values()] };
}

test("killed while it sends again, it sends each once more, and again only what a kill met", async () => {
  for (const kind of places.kinds) {
    const { statuses, copies } = await replayUnderKills(kind);

    const twins = copies.reduce((sum, count) => sum + count - 2, 0);
    console.error(`${kind}: ${copies.length} replays, ${kills} kills, ${twins} mails more than one`);
    expect(statuses).toEqual(Array(messages).fill(202));
    expect(Math.min(...copies)).toBe(2);
    // Four are under way at one time.
    expect(twins).toBeLessThanOrEqual(kills * 4);
  }
}, 300_000);
