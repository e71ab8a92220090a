import { join } from "node:path";
import { temporaryFolder } from "../../support/folder";
import { percentile } from "../../support/percentile";
import { startSmtp } from "../../support/smtp";
import type { Bench, Section } from "../bench";
import { contradiction, countRows, type Place } from "../count-rows";
import { migratedDatabase } from "../migrated-database";
import { startService } from "../service";
import { type Mixed, mixedLoad } from "../soak/mixed-load";
import { metricsToken } from "../soak/requests";
import { type Sample, slopeOf } from "../soak/slope";
import { type Line, median } from "../table";

export const soak: Section = {
  name: "soak",
  needs: ["a PostgreSQL server"],
  onRequest: true,
  measure: measureSoak,
};

const minutes = Number(process.env.SOAK_MINUTES ?? 10);
const kinds = process.env.SOAK_DATABASE?.split(",") ?? ["postgres", "embedded"];
const sampleMs = 3_000;

async function measureSoak({ postgres }: Bench): Promise<Line[]> {
  const lines: Line[] = [];
  if (kinds.includes("postgres"))
    lines.push(...(await soakOn("PostgreSQL", await migratedDatabase(postgres()))));
  if (kinds.includes("embedded")) lines.push(...(await soakOn("embedded")));
  return lines;
}

/** Everything a site does, mail included, for minutes; then the table is held against the answers. */
async function soakOn(what: string, databaseUrl?: string): Promise<Line[]> {
  using folder = temporaryFolder();
  const smtp = await startSmtp();
  const since = new Date();
  const service = await startService(folder.path, databaseUrl, {
    METRICS_TOKEN: metricsToken,
    SMTP_URL: smtp.url,
    MAIL_FROM: "Site <site@example.com>",
    NOTIFY_EMAIL: "team@example.com",
    FORMS_CONFIRMATION: "demo-request",
  });
  await service.ready();

  const samples: Sample[] = [];
  let mails = 0;
  const began = performance.now();
  const passed = () => (performance.now() - began) / 1000;
  const sampling = setInterval(() => {
    samples.push({ seconds: passed(), megabytes: service.residentMegabytes(), files: service.openFiles() });
    mails += smtp.messages.splice(0).length;
  }, sampleMs);
  const mixed = await mixedLoad(service, () => passed() > minutes * 60);
  clearInterval(sampling);
  await service.stop();
  mails += smtp.messages.splice(0).length;
  await smtp.stop();

  const place: Place = {
    DATA_DIR: join(folder.path, "data"),
    ...(databaseUrl && { DATABASE_URL: databaseUrl }),
  };
  const noAnswer = [...mixed.wrong].filter(([one]) => one.endsWith("no answer")).length;
  const wrong = contradiction(await countRows(place, since), mixed.acknowledged, noAnswer);
  if (wrong) throw new Error(`The soak does not count: ${wrong}`);
  return toLines(`${minutes} min of mixed load, ${what}`, samples, mixed, mails);
}

function toLines(what: string, samples: readonly Sample[], mixed: Mixed, mails: number): Line[] {
  const half = samples.slice(samples.length >> 1);
  const slope = slopeOf(half);
  const [first, last] = [samples.slice(0, samples.length >> 1), half].map((some) => ({
    files: median(some.map(({ files }) => files)),
    most: Math.max(...some.map(({ files }) => files)),
  })) as [{ files: number; most: number }, { files: number; most: number }];
  const megabytes = samples.map((one) => one.megabytes);
  const requests = [...mixed.waits.values()].reduce((sum, { length }) => sum + length, 0);
  const p99s = [...mixed.waits].map(([kind, waits]) => `${kind} ${percentile(waits, 99)} ms`);
  const wrong = [...mixed.wrong].map(([one, times]) => `${one} (${times})`);
  return [
    {
      what: `${what}: memory`,
      measured: `${slope.toFixed(2)} MB/min`,
      detail: `least squares over the second half; ${Math.round(megabytes[0] ?? Number.NaN)} MB at first, ${Math.round(megabytes.at(-1) ?? Number.NaN)} MB at last, at most ${Math.round(Math.max(...megabytes))} MB`,
      target: "< 1 MB/min",
      reached: slope < 1,
    },
    {
      what: `${what}: open descriptors`,
      measured: `${first.files} in the first half, ${last.files} in the second`,
      detail: `medians; at most ${first.most} and ${last.most}`,
      target: "flat",
      reached: last.files <= first.files + 2 && last.most <= first.most + 4,
    },
    {
      what: `${what}: answers`,
      measured: `${requests.toLocaleString("en")} requests, ${mixed.acknowledged.toLocaleString("en")} messages stored, ${mails.toLocaleString("en")} mails`,
      detail: `p99 ${p99s.join(", ")}; slow clients: ${mixed.slow.arrived} messages arrived, ${mixed.slow.cutOff} drips cut off${wrong.length > 0 ? `; wrong: ${wrong.join(", ")}` : ""}`,
      target: "none wrong",
      reached: wrong.length === 0,
    },
  ];
}
