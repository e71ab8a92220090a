import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { openEmbedded } from "#/kernel/db/embedded";
import { lockDataDir } from "#/kernel/db/lock-data-dir";
import { migrations } from "#/kernel/db/migrations";
import { runGatehouse } from "../support/command";
import { kindsUnderTest } from "../support/databases";
import { temporaryFolder } from "../support/folder";
import { type PostgresServer, startPostgres } from "../support/postgres";
import { startServe } from "../support/serve";
import { startSmtp } from "../support/smtp";
import { until } from "../support/until";

setDefaultTimeout(60_000);

type Env = Record<string, string>;
type Finding = { name: string; state: string; detail: string };

let postgres: PostgresServer | undefined;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres?.stop());

const run = (env: Env, ...args: string[]) => runGatehouse(args, { env, cwd: "/", deadlineMs: 30_000 });

async function examine(
  env: Env,
): Promise<{ code: number | null; of: (name: string) => Finding | undefined }> {
  const { code, stdout } = await run(env, "doctor", "--json");
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  return { code, of: (name) => findings.find((finding) => finding.name === name) };
}

/** An embedded database, or one on PostgreSQL where there is a server. */
async function fresh(kind: "embedded" | "postgres", folder: string): Promise<Env | undefined> {
  const env = { DATA_DIR: join(folder, "data") };
  if (kind === "embedded") return env;
  if (postgres) return { ...env, DATABASE_URL: await postgres.createDatabase() };
  console.error("skipped: no PostgreSQL server is installed");
}

const seeded: [form: string, count: number][] = [
  ["contact", 14],
  ["demo-request", 6],
  ["investor_interest", 3],
  ["pilot_request", 3],
  ["quote-request", 5],
  ["waitlist", 6],
];
const names = migrations.map(({ name }) => name);
const counts = (stdout: string) =>
  stdout
    .trim()
    .split("\n")
    .map((line) => line.split(/ +/))
    .map(([form = "", count]): [string, number] => [form, Number(count)])
    .sort();

describe.each(kindsUnderTest("embedded", "postgres"))("on %s", (kind) => {
  test("alone: migrate --check, migrate, seed and doctor find each other's work", async () => {
    using folder = temporaryFolder();
    const env = await fresh(kind, folder.path);
    if (!env) return;

    const before = await run(env, "migrate", "--check");
    const first = await run(env, "migrate");
    const again = await run(env, "migrate");
    const after = await run(env, "migrate", "--check");
    const seed = await run(env, "seed");
    const reseed = await run(env, "seed");
    const { of } = await examine(env);

    expect(before.code).toBe(1);
    expect(before.stdout + before.stderr).toMatch(/pending {2}0000_gatehouse|There is no database in/);
    expect(first).toEqual({ code: 0, stdout: names.map((name) => `applied ${name}\n`).join(""), stderr: "" });
    expect(again).toEqual({ code: 0, stdout: "Nothing to apply\n", stderr: "" });
    expect(after).toEqual({
      code: 0,
      stdout: `${names.map((name) => `applied  ${name}\n`).join("")}gatehouse dev, ${kind} database: ${names.length} applied, 0 unknown, 0 pending\n`,
      stderr: "",
    });
    expect([seed.code, seed.stderr, counts(seed.stdout)]).toEqual([0, "", seeded]);
    expect(reseed).toEqual({ code: 0, stdout: "37 were there already\n", stderr: "" });
    expect(of("database")).toMatchObject({ state: "ok", detail: `${kind}, answers` });
    expect(of("migrations")).toMatchObject({ state: "ok", detail: `${names.length} applied` });
    expect(of("jobs")).toMatchObject({ state: "ok" });
  }, 60_000);

  test("while a server runs: the same, and the server judges what was seeded and tells the owner", async () => {
    using folder = temporaryFolder();
    const env = await fresh(kind, folder.path);
    if (!env) return;
    const smtp = await startSmtp();
    const told = { SMTP_URL: smtp.url, NOTIFY_EMAIL: "team@example.com" };
    await using server = await startServe({ ...env, ...told });

    const check = await run(env, "migrate", "--check");
    const migrated = await run(env, "migrate");
    const seed = await run(env, "seed");
    const { of } = await examine(kind === "embedded" ? env : { ...env, ...told });
    await until(() => smtp.messages.length === 35, 20);
    await server.kill();
    await smtp.stop();

    expect([check.code, migrated.code]).toEqual([0, 0]);
    expect([seed.code, seed.stderr, counts(seed.stdout)]).toEqual([0, "", seeded]);
    expect(of("database")).toMatchObject({ state: "ok", detail: `${kind}, answers` });
    // The address stands in the server's environment alone where the answer is the server's.
    expect(of("mail")).toMatchObject({ state: "ok", detail: expect.stringMatching(/^smtp: 127\.0\.0\.1:/) });
  }, 60_000);

  test("a schema that is too new is refused with 76 by all of them", async () => {
    using folder = temporaryFolder();
    const env = await fresh(kind, folder.path);
    if (!env) return;
    await run(env, "migrate");
    const insert =
      "insert into gatehouse.migrations (name, hash, breaking) values ('9999_future', 'x', true)";
    if (env.DATABASE_URL) {
      await using sql = new Bun.SQL(env.DATABASE_URL);
      await sql.unsafe(insert);
    } else {
      const database = await openEmbedded(env.DATA_DIR ?? "", () => {});
      await database.executeSql(insert);
      await database.close();
    }

    const check = await run(env, "migrate", "--check");
    const others = await Promise.all(
      [["migrate"], ["seed"], ["export", "contact", "--format", "csv"], ["serve"]].map((args) =>
        kind === "embedded" ? undefined : run({ ...env, PORT: "0" }, ...args),
      ),
    );
    const alone = await run({ ...env, PORT: "0" }, "serve");
    const { of, code } = await examine(env);

    const said = "The database holds the breaking migration 9999_future, which this release does not know";
    expect(check.code).toBe(76);
    expect(check.stdout).toContain("unknown  9999_future");
    for (const { code, stderr } of [check, alone, ...others.filter((each) => each !== undefined)])
      expect({ code, stderr }).toEqual({ code: 76, stderr: `gatehouse: ${said}\n` });
    expect(of("migrations")).toMatchObject({ state: "broken", detail: said });
    expect(code).toBe(1);
  }, 60_000);
});

test("a database that was never made is not made by a question", async () => {
  using folder = temporaryFolder();
  const env = { DATA_DIR: join(folder.path, "data") };

  const check = await run(env, "migrate", "--check");
  const { code, of } = await examine(env);

  expect(check).toEqual({
    code: 1,
    stdout: "",
    stderr: `gatehouse: There is no database in ${env.DATA_DIR} yet: the first start makes it\n`,
  });
  expect(code).toBe(0);
  expect(of("database")).toMatchObject({
    state: "ok",
    detail: expect.stringContaining("the first start makes it"),
  });
  expect(of("mail")).toMatchObject({ state: "ok", detail: "the local outbox" });
  expect(readdirSync(folder.path)).toEqual([]);
});

test("a directory that somebody holds without answering ends with 75, and says where it asked", async () => {
  using folder = temporaryFolder();
  const env = { DATA_DIR: join(folder.path, "data") };
  await run(env, "migrate");
  const unlock = lockDataDir(env.DATA_DIR);

  const [check, { of }] = await Promise.all([run(env, "migrate", "--check"), examine(env)]);
  unlock();

  const said = `The data directory ${env.DATA_DIR} is in use by another gatehouse process, and none answers on ${env.DATA_DIR}/control.sock`;
  expect(check).toEqual({ code: 75, stdout: "", stderr: `gatehouse: ${said}\n` });
  expect(of("database")).toMatchObject({ state: "broken", detail: said });
}, 30_000);

test("needs no secret of the service: in production a shell without them can ask", async () => {
  using folder = temporaryFolder();
  const env = { DATA_DIR: join(folder.path, "data") };
  await run(env, "migrate");

  const { code } = await run({ ...env, ENV: "production" }, "migrate", "--check");

  expect(code).toBe(0);
}, 20_000);

test("seeds production only when forced, and makes nothing when it refuses", async () => {
  using folder = temporaryFolder();
  const env = { DATA_DIR: join(folder.path, "data"), ENV: "production" };

  const refused = await run(env, "seed");
  const made = existsSync(env.DATA_DIR);
  const forced = await run(env, "seed", "--force");

  expect(refused).toEqual({
    code: 1,
    stdout: "",
    stderr: "gatehouse: This is production; --force seeds it all the same\n",
  });
  expect(made).toBe(false);
  expect([forced.code, counts(forced.stdout)]).toEqual([0, seeded]);
}, 30_000);

test.each([
  [["migrate", "--chek"], "--chek"],
  [["migrate", "now"], "now"],
  [["seed", "contact"], "contact"],
  [["doctor", "--yaml"], "--yaml"],
])("%p ends with 2", async (args, says) => {
  const { code, stdout, stderr } = await run({}, ...args);

  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(says);
});

test("a wrong setting that a command needs ends it with 78", async () => {
  const { code, stderr } = await run({ DATABASE_URL: "mysql://x" }, "migrate", "--check");

  expect(code).toBe(78);
  expect(stderr).toContain("DATABASE_URL must be");
});

describe("doctor", () => {
  test("names mail that cannot be sent, forms that do not exist, and jobs that were given up", async () => {
    using folder = temporaryFolder();
    const env = { DATA_DIR: join(folder.path, "data"), SMTP_URL: "smtp://127.0.0.1:1" };
    await run(env, "seed");
    const database = await openEmbedded(env.DATA_DIR, () => {});
    await database.executeSql(
      "update gatehouse_jobs.job_common set state = 'failed', completed_on = now() where name = 'forms.process'",
    );
    await database.close();

    const { code, of } = await examine({ ...env, FORMS_CONFIRMATION: "contact,kontakt" });

    expect(code).toBe(1);
    expect(of("mail")).toMatchObject({ state: "broken", detail: expect.stringContaining("smtp: ") });
    expect(of("forms")).toMatchObject({
      state: "broken",
      detail: "FORMS_CONFIRMATION names forms that do not exist: kontakt",
    });
    expect(of("jobs")).toMatchObject({
      state: "warning",
      detail: expect.stringMatching(/^given up in the last 30 days: forms\.process 1 \(last 20/),
    });
  }, 30_000);

  test("says in production without a mail server that nobody is told", async () => {
    using folder = temporaryFolder();

    const { of } = await examine({ DATA_DIR: join(folder.path, "data"), ENV: "production" });

    expect(of("mail")).toMatchObject({ state: "warning", detail: expect.stringContaining("nobody is told") });
  });

  test("says that a PostgreSQL which is away cannot be reached", async () => {
    const { code, of } = await examine({
      DATABASE_URL: "postgres://nobody@127.0.0.1:1/none",
      DATA_DIR: "/nonexistent",
    });

    expect(code).toBe(1);
    expect(of("database")).toMatchObject({ state: "broken", detail: "postgres, cannot be reached" });
  });
});
