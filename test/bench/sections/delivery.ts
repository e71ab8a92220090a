import { createServer } from "node:net";
import { temporaryFolder } from "../../support/folder";
import { startSmtp } from "../../support/smtp";
import { until } from "../../support/until";
import type { Bench, Section } from "../bench";
import { acknowledged, load, perSecond } from "../load";
import { startService } from "../service";
import { type Line, spread } from "../table";

/** Messages whose delivery is timed. */
const timed = 2_000;
const backlog = 10_000;
const on = { NOTIFY_EMAIL: "team@example.com", MAIL_FROM: "site@example.com", FORMS_CANARY: "off" };

export const delivery: Section = {
  name: "delivery",
  needs: ["wrk", "a PostgreSQL server"],
  async measure(bench) {
    const lines: Line[] = [];
    for (const open of [async () => undefined, () => bench.postgres().createDatabase()])
      lines.push(
        await measureMail(bench, open),
        await measureIntake(bench, open),
        await measureAway(bench, await open()),
      );
    return lines;
  },
};

type Open = () => Promise<string | undefined>;
const placeOf = (databaseUrl: string | undefined) => (databaseUrl ? "PostgreSQL" : "embedded");

/** Posts so many messages, a hundred at a time; each must be stored. */
async function postMany(url: string, count: number): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const message = `Message ${next++}`;
      const body = JSON.stringify({ name: "Ada", email: `ada-${next}@example.com`, message });
      const headers = { "content-type": "application/json" };
      const { status } = await fetch(`${url}/api/contact`, { method: "POST", headers, body });
      if (status !== 200) throw new Error(`It answers ${status}`);
    }
  };
  await Promise.all(Array.from({ length: 100 }, lane));
}

/** From the first post until the mail server has the last mail. */
async function measureMail({ rounds }: Bench, open: Open): Promise<Line> {
  const rates: number[] = [];
  let place = "";
  for (let round = 0; round < rounds; round++) {
    using folder = temporaryFolder();
    const databaseUrl = await open();
    place = placeOf(databaseUrl);
    const smtp = await startSmtp();
    const service = await startService(folder.path, databaseUrl, { ...on, SMTP_URL: smtp.url });
    await service.ready();
    const began = performance.now();
    await postMany(service.url, timed);
    await until(() => smtp.messages.length >= timed, 120);
    rates.push((timed * 1000) / (performance.now() - began));
    await service.stop();
    await smtp.stop();
  }
  return {
    what: `messages delivered by mail, SMTP on loopback, ${place}`,
    measured: `${spread(rates)}/s`,
    detail: `${timed.toLocaleString("en")} messages, posts included; the mail server shares the machine`,
  };
}

/** The same load with owner and visitor told by mail, and with nobody told. */
async function measureIntake({ rounds, seconds }: Bench, open: Open): Promise<Line> {
  const shot = { connections: 100, seconds, kind: "json" } as const;
  const rates = { on: [] as number[], off: [] as number[] };
  let place = "";
  for (let round = 0; round < rounds; round++)
    for (const which of ["off", "on"] as const) {
      using folder = temporaryFolder();
      const databaseUrl = await open();
      place = placeOf(databaseUrl);
      const smtp = await startSmtp();
      const env = { ...on, SMTP_URL: smtp.url, FORMS_CONFIRMATION: "contact" };
      const service = await startService(folder.path, databaseUrl, which === "on" ? env : {});
      await service.ready();
      const measured = await load(`${service.url}/api/contact`, shot);
      if (acknowledged(measured) === 0) throw new Error("Nothing was stored");
      rates[which].push(perSecond(measured));
      await service.stop();
      await smtp.stop();
    }
  return {
    what: `contact posts, 100 connections, ${place}, mail to owner and visitor on`,
    measured: `${spread(rates.on)}/s`,
    detail: `with nobody told ${spread(rates.off)}/s`,
  };
}

/** A backlog while the mail server hangs up on everybody: how often it is called in half a minute. */
async function measureAway(_: Bench, databaseUrl: string | undefined): Promise<Line> {
  using folder = temporaryFolder();
  let calls = 0;
  const server = createServer((socket) => {
    calls++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const env = { ...on, SMTP_URL: `smtp://127.0.0.1:${port}` };
  const service = await startService(folder.path, databaseUrl, env);
  await service.ready();
  await postMany(service.url, backlog);
  await Bun.sleep(30_000);
  await service.stop();
  await new Promise((resolve) => server.close(resolve));
  return {
    what: `calls for ${backlog.toLocaleString("en")} mails while the server hangs up, ${placeOf(databaseUrl)}`,
    measured: `${calls} in the posts' time and 30 s after`,
  };
}
