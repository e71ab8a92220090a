import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Database } from "#/kernel/db";
import { catalogue } from "#/modules/forms/catalogue/catalogue";
import { openPlaces, type Place } from "../support/databases";
import { executablePath, type Started, startExecutable } from "../support/executable";
import { examplesOf, type OpenApi, type Operation, operationsOf } from "../support/openapi";
import { startSmtp } from "../support/smtp";
import { namesOf } from "../support/spellings";
import { until } from "../support/until";

/** What the operator sets; nothing and nobody may ever see one of them. */
const settings = {
  SECRET_KEY: "rootVw7xqk2nQ0c4m1hTzR8eYbL5sJ9pAf",
  JWT_SECRET_KEY: "jwtkhB3gN6vKq9wZ2xC5mT8rP1yL4jF7dS",
  ENCRYPTION_KEY: Buffer.from("sealed9Q2w7E4r1T8y5U3i6O0pAsDfGh").toString("base64"),
  METRICS_TOKEN: "metrics4vX9cM2nL7sJ5wR8yK1zD6fH3gP",
  DEV_MASTER_OTP: "otp7391640825",
  SENDGRID_API_KEY: "SG.vendor8kD2mP5xQ1vB7nC4",
};
const operators = {
  ...settings,
  databasePassword: "dbpassK4j8Lq2Wn6",
  smtpPassword: "smtppassR7t3Yv9Xb",
};
/** What a caller sends along; no use of it leaves a trace. */
const callers = {
  cookie: "cookieP2s6Gh0Jk4",
  bearer: "bearerM8n3Cx7Zq1",
  queryToken: "tokenF5d9Sa2Lo6",
  oneTimeCode: "8392017546",
  idempotencyKey: "retryH1g7Tb4Vc8",
  pageId: "pageW6e0Ru3Iy9pageW6e0Ru3Iy9",
};
/** What a visitor writes: it is kept and mailed to the team, which is the purpose, and goes nowhere else. */
const visitors = { message: "messageU4i8Op1Zx5", email: "visitorb3n7@planted.example" };
const everything = { ...operators, ...callers, ...visitors };
const secrets = { ...operators, ...callers };

const asBrowser = { accept: "text/html,*/*;q=0.8", "sec-fetch-mode": "navigate" };
const json = { "content-type": "application/json" };
const confirming = catalogue.find(({ confirmation }) => confirmation)?.slug ?? expect.unreachable();

const places = await openPlaces();
afterAll(places.close);

describe.each(places.kinds)("on %s", (kind) => {
  test.each(["info", "debug"])(
    "no planted secret comes out again, log level %s",
    async (level) => {
      using place = await places.open(kind);
      let logins = 0;
      const smtp = await startSmtp({
        authOptional: false,
        onAuth({ username, password }, _session, answer) {
          logins += 1;
          // Mail servers do quote what they were given.
          if (logins <= 2) return answer(new Error(`cannot log in ${username} with ${password}`));
          answer(null, { user: username });
        },
      });
      const env = environment(place, level, smtp.url);
      expect(await runOnce(["migrate"], env)).toMatchObject({ code: 0 });
      await place.inspect(refuseSomeRows);
      const running = await startExecutable(env);

      const answers = await driveEverything(running);
      const workDone = async () => {
        const text = await readMetrics(running);
        return [
          /^forms_delivery_attempts_total\{.*outcome="parked"\} [1-9]/m,
          /^forms_delivery_attempts_total\{.*outcome="ok"\} [1-9]/m,
          /^jobs_runs_total\{queue="forms.process",outcome="failed"\} [1-9]/m,
        ].every((line) => line.test(text));
      };
      await until(workDone, 30);
      const metrics = await readMetrics(running);
      const doctor = [await runOnce(["doctor"], env), await runOnce(["doctor", "--json"], env)];
      expect(await running.kill()).toBe(0);
      const tables = await place.inspect(readTables);
      await smtp.stop();

      const found = {
        log: namesOf(everything, running.output()),
        answers: answers.flatMap(({ shown, text }) => namesOf(without(everything, shown), text)),
        metrics: namesOf(everything, metrics),
        doctor: namesOf(everything, JSON.stringify(doctor)),
        jobs: namesOf(everything, tables.jobs),
        // The inbox and whom it was sent to are what the visitor wanted kept.
        kept: namesOf(secrets, tables.inbox),
        others: namesOf(everything, tables.others),
        mails: namesOf(secrets, JSON.stringify(smtp.messages)),
      };
      expect(found).toEqual({
        log: [],
        answers: [],
        metrics: [],
        doctor: [],
        jobs: [],
        kept: [],
        others: [],
        mails: [],
      });

      // It saw what it judges: a search of nothing would find nothing.
      const log = running.output();
      expect(log.match(/"event":"request.answered"/g)?.length).toBeGreaterThan(50);
      expect(log).toContain('"event":"request.failed"');
      expect(log).toMatch(/"errorCode":"23514"/);
      expect(log).toMatch(/"error":"\w+:23514","event":"jobs.failed"/);
      expect(namesOf(visitors, tables.inbox)).toEqual(["message", "email"]);
      expect(namesOf(visitors, JSON.stringify(smtp.messages))).toEqual(["message", "email"]);
      expect(
        answers.some(({ shown, text }) => shown.length > 0 && namesOf(visitors, text).length === 2),
      ).toBe(true);
      expect(tables.others).toContain("cannot log in site with ***");
      expect(tables.jobs).toContain("forms.process");
      expect(metrics).toContain("http_request_seconds_count");
      expect(doctor.map(({ stdout }) => stdout.includes("METRICS_TOKEN"))).toEqual([true, true]);
    },
    90_000,
  );
});

function environment(place: Place, level: string, smtpUrl: string): Record<string, string> {
  const { DATABASE_URL, ...rest } = place.env;
  return {
    ...rest,
    ...settings,
    ...(DATABASE_URL && {
      DATABASE_URL: DATABASE_URL.replace("tester@", `tester:${operators.databasePassword}@`),
    }),
    ENV: "production",
    LOG_LEVEL: level,
    SMTP_URL: smtpUrl.replace("smtp://", `smtp://site:${operators.smtpPassword}@`),
    MAIL_TRANSPORT: "smtp",
    MAIL_FROM: "Site <site@example.com>",
    NOTIFY_EMAIL: "team@example.com",
    FORMS_CONFIRMATION: confirming,
    CONTROL_SOCKET: join(place.env.DATA_DIR ?? "", "control.sock"),
  };
}

/** PostgreSQL's own refusals quote the whole row: one while the visitor waits, one in a job. */
async function refuseSomeRows({ executeSql }: Database): Promise<void> {
  const form = catalogue.find(({ slug }) => slug === "waitlist")?.slug ?? expect.unreachable();
  await executeSql(`alter table gatehouse.submissions add constraint planted check (form <> '${form}')`);
  await executeSql(
    "alter table gatehouse.deliveries add constraint planted check (channel <> 'visitor_email')",
  );
}

async function readTables({ executeSql }: Database) {
  const { rows } = await executeSql(
    "select schemaname, tablename from pg_tables where schemaname in ('gatehouse', 'gatehouse_jobs') order by 1, 2",
  );
  const texts = { jobs: "", inbox: "", others: "" };
  for (const { schemaname, tablename } of rows) {
    const { rows: found } = await executeSql(
      `select to_jsonb(t)::text as row from ${schemaname}.${tablename} t`,
    );
    // What a visitor sent, and the address of whoever registers: both are kept on purpose.
    const inbox = ["submissions", "deliveries", "users", "one_time_tokens"].includes(String(tablename));
    const group = schemaname === "gatehouse_jobs" ? "jobs" : inbox ? "inbox" : "others";
    texts[group] += found.map(({ row }) => `${tablename} ${row}\n`).join("");
  }
  return texts;
}

async function runOnce(args: string[], env: Record<string, string>) {
  const child = Bun.spawn([await executablePath(), ...args], {
    cwd: "/",
    env: { PATH: process.env.PATH, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: 20_000,
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, stdout, stderr };
}

async function readMetrics({ url }: Started): Promise<string> {
  const answer = await fetch(`${url}/metrics`, {
    headers: { authorization: `Bearer ${operators.METRICS_TOKEN}` },
  });
  expect(answer.status).toBe(200);
  return answer.text();
}

/**
 * One answer with its headers. `shown`: what a form's page may give back, to its own visitor alone: what was typed and,
 * where nothing could be stored, the page's id, by which the same message is known when it is sent again.
 */
type Seen = { shown: readonly string[]; text: string };

const without = (values: Readonly<Record<string, string>>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));

let sent = 0;

/** Every operation of the document, with what it takes and what it refuses, from a program and from a browser. */
async function driveEverything({ url }: Started): Promise<Seen[]> {
  const document = (await (await fetch(`${url}/docs/json`)).json()) as OpenApi;
  const seen: Seen[] = [];
  const ask = async (path: string, init: RequestInit): Promise<void> => {
    const asked = path.includes("?") ? "&" : "?";
    const query = `${asked}token=${callers.queryToken}&otp=${callers.oneTimeCode}`;
    const answer = await fetch(`${url}${path}${query}`, {
      redirect: "manual",
      ...init,
      headers: {
        cookie: `session=${callers.cookie}`,
        authorization: `Bearer ${callers.bearer}`,
        referer: `https://site.example/?token=${callers.queryToken}`,
        "idempotency-key": `${callers.idempotencyKey}-${++sent}`,
        "x-otp": callers.oneTimeCode,
        ...(init.headers as Record<string, string>),
      },
    });
    const body = await answer.text();
    const page = init.method === "POST" && body.includes("<form") && body.includes("</html>");
    // A registration answers the address that it was sent.
    const registers = /^\/(api\/v1\/auth|v1\/accounts)\/register$/.test(path) && answer.status < 500;
    const shown = registers
      ? ["email"]
      : page
        ? [...Object.keys(visitors), ...(answer.status >= 500 ? ["pageId"] : [])]
        : [];
    seen.push({ shown, text: `${JSON.stringify([...answer.headers])}${body}` });
  };

  for (const operation of operationsOf(document)) {
    const { method, parameters } = operation;
    const values = Object.fromEntries(parameters.map(({ name, example }) => [name, String(example)]));
    const fill = (more: Record<string, string> = {}) =>
      operation.path.replace(/\{(\w+)\}/g, (_, name) => ({ ...values, ...more })[name] ?? "");
    for (const headers of [{}, asBrowser]) {
      await ask(fill({ form: visitors.message, name: callers.bearer }), { method, headers });
      await ask(`${fill()}/${callers.queryToken}`, { method, headers });
      await ask(fill(), { method: method === "POST" ? "PUT" : "DELETE", headers });
      if (method === "GET") await ask(fill(), { method, headers });
      else
        for (const call of bodiesOf(operation)) {
          await ask(fill(), { method, body: call.body, headers: { ...call.headers, ...headers } });
        }
    }
  }
  return seen;
}

/** What a body may be: right, and wrong in each way that an error could quote it. */
function bodiesOf({ requestBody }: Operation): { headers: Record<string, string>; body: string }[] {
  const [sample = {}] = examplesOf(requestBody?.content?.["application/json"] ?? {});
  const fields = Object.fromEntries(
    Object.entries(sample as object).map(([name, value]) => [
      name,
      name === "email" ? visitors.email : name === "message" ? visitors.message : value,
    ]),
  );
  const whole = { ...fields, message: visitors.message, _id: callers.pageId };
  const text = JSON.stringify(whole);
  const asForm = new URLSearchParams(
    Object.entries(whole).map(([name, value]) => [name, String(value)] as [string, string]),
  ).toString();
  const urlencoded = { "content-type": "application/x-www-form-urlencoded" };
  return [
    { headers: json, body: text },
    { headers: urlencoded, body: asForm },
    {
      headers: urlencoded,
      body: asForm.replace(/email=[^&]+/, `email=${visitors.email}+${visitors.message}`),
    },
    { headers: json, body: JSON.stringify({ ...whole, email: { wrong: visitors.email } }) },
    { headers: json, body: JSON.stringify({ message: visitors.message, _id: callers.pageId }) },
    { headers: json, body: `${text.slice(0, -1)},"${visitors.message}` },
    { headers: json, body: JSON.stringify({ ...whole, name: `${visitors.message}\0` }) },
    { headers: { "content-type": `text/${visitors.message}` }, body: text },
    { headers: { ...json, "idempotency-key": callers.idempotencyKey }, body: text },
    {
      headers: { ...json, "idempotency-key": callers.idempotencyKey },
      body: JSON.stringify({ ...whole, message: `${visitors.message} again` }),
    },
    { headers: { ...json, origin: "https://elsewhere.example" }, body: text },
  ];
}
