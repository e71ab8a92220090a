import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import Papa from "papaparse";
import { runGatehouse } from "../support/command";
import { temporaryFolder } from "../support/folder";
import { type PostgresServer, startPostgres } from "../support/postgres";
import { postForm, startServe } from "../support/serve";
import { until } from "../support/until";

setDefaultTimeout(60_000);

type Line = { id: string; state: string; fields: Record<string, string | string[]> };

const texts = [
  "plain",
  'quotes " and "" and, commas; semicolons',
  "two\nlines\n\nand a blank one",
  "  spaces around  ",
  "=1+1",
  "+49 30 123",
  "-1",
  "@SUM(A1)",
  "\tTAB first",
  "＝HYPERLINK(1)",
  "'=already an apostrophe",
  "Zürich, 山田, 👩‍👩‍👧, \u202eleft",
  '{"json": [1, 2]}',
  "007",
];
const messages = texts.map((message, index) => ({
  name: `n${index}`,
  email: `${index}@example.com`,
  message,
}));
const stranger = { ...messages[0], "=cmd": "a column of its own", list: ["one", "-two"] };
const spam = { name: "robot", email: "r@example.com", message: "buy", _gotcha: "x" };

const isFormula = /^[=+\-@\t\r＝＋－＠]/;
const guarded = (text: string) => (isFormula.test(text) ? `'${text}` : text);

let postgres: PostgresServer | undefined;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres?.stop());

const exportOf = (env: Record<string, string>, ...args: string[]) =>
  runGatehouse(["export", ...args], { env, cwd: "/", deadlineMs: 60_000 });

async function listLines(env: Record<string, string>, ...args: string[]): Promise<Line[]> {
  const { stdout } = await exportOf(env, "contact", "--format", "ndjson", ...args);
  return stdout.split("\n").flatMap((line) => (line ? [JSON.parse(line)] : []));
}

async function fill(env: Record<string, string>) {
  const server = await startServe(env);
  // On PostgreSQL it listens before the tables are there.
  await until(async () => (await fetch(`${server.url}/api/v1/readyz`)).ok, 20);
  for (const fields of [...messages, stranger, spam])
    expect(await postForm(server.url, "contact", fields)).toBe(200);
  await until(
    async () => (await listLines(env, "--with-spam")).every(({ state }) => state !== "received"),
    20,
  );
  return server;
}

for (const kind of ["embedded", "postgres"] as const) {
  describe(`on ${kind}`, () => {
    const folder = temporaryFolder();
    const env: Record<string, string> = { DATA_DIR: join(folder.path, "data") };
    let server: Awaited<ReturnType<typeof startServe>> | undefined;
    beforeAll(async () => {
      if (kind === "postgres") {
        if (!postgres) return;
        env.DATABASE_URL = await postgres.createDatabase();
      }
      server = await fill(env);
    }, 60_000);
    afterAll(async () => {
      await server?.[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    });

    const check = (where: string) =>
      test(`${where}, CSV and JSON hold what NDJSON holds, in the order of arrival`, async () => {
        if (!server) return console.error("skipped: no PostgreSQL server is installed");

        const [csv, json, lines] = await Promise.all([
          exportOf(env, "contact", "--format", "csv"),
          exportOf(env, "contact", "--format", "json"),
          listLines(env),
        ]);

        expect([csv.code, csv.stderr, json.code, json.stderr]).toEqual([0, "", 0, ""]);
        expect(lines.map(({ fields }) => fields.message)).toEqual([...texts, "plain"]);
        expect(JSON.parse(json.stdout)).toEqual(lines);
        const { data } = Papa.parse<string[]>(csv.stdout, { newline: "\r\n", skipEmptyLines: true });
        const names = ["name", "email", "message", "=cmd", "list"];
        const cell = (value: string | string[] | undefined) => guarded([value ?? ""].flat().join("; "));
        expect(data[0]).toEqual(["id", "form", "received_at", "state", "handling", ...names.map(guarded)]);
        expect(data.slice(1).map(([id, , , state, , ...cells]) => [id, state, ...cells])).toEqual(
          lines.map(({ id, state, fields }) => [id, state, ...names.map((name) => cell(fields[name]))]),
        );
        expect(
          csv.stdout
            .replaceAll("\r\n", "")
            .split('"')
            .filter((_, odd) => odd % 2 === 0)
            .join(""),
        ).not.toContain("\n");
      }, 30_000);

    check("while the server runs");

    test("leaves spam out unless it is asked for", async () => {
      if (!server) return console.error("skipped: no PostgreSQL server is installed");

      const [without, all] = await Promise.all([listLines(env), listLines(env, "--with-spam")]);

      expect(without.some(({ state }) => state === "spam")).toBe(false);
      expect(all.filter(({ state }) => state === "spam").map(({ fields }) => fields.message)).toEqual([
        "buy",
      ]);
      expect(all.length).toBe(without.length + 1);
    });

    test("holds what --state, --since and --until name, and begins with a mark on request", async () => {
      if (!server) return console.error("skipped: no PostgreSQL server is installed");

      const [spam, before, after, marked] = await Promise.all([
        listLines(env, "--state", "spam"),
        listLines(env, "--until", "2020-01-01"),
        listLines(env, "--since", "2020-01-01T00:00:00Z"),
        exportOf(env, "contact", "--format", "csv", "--bom"),
      ]);

      expect(spam.map(({ state }) => state)).toEqual(["spam"]);
      expect([before.length, after.length]).toEqual([0, texts.length + 1]);
      expect(marked.stdout.replace(/^\uFEFF/, "")).toBe(
        (await exportOf(env, "contact", "--format", "csv")).stdout,
      );
    });

    test("writes a file of its owner alone, the same bytes", async () => {
      if (!server) return console.error("skipped: no PostgreSQL server is installed");
      const file = join(folder.path, "out.csv");

      const { code, stdout, stderr } = await exportOf(env, "contact", "--format", "csv", "--output", file);

      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "" });
      expect(readFileSync(file, "utf8")).toBe((await exportOf(env, "contact", "--format", "csv")).stdout);
      expect(statSync(file).mode & 0o777).toBe(0o600);
    });

    test("names the forms where one is asked for that is not there", async () => {
      if (!server) return console.error("skipped: no PostgreSQL server is installed");

      const { code, stdout, stderr } = await exportOf(env, "contcat", "--format", "csv");

      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain('There is no form "contcat"; the forms are contact, demo-request');
    });

    test("answers an empty form with an empty list", async () => {
      if (!server) return console.error("skipped: no PostgreSQL server is installed");

      const [json, ndjson] = await Promise.all(
        ["json", "ndjson"].map((format) => exportOf(env, "waitlist", "--format", format)),
      );

      expect(JSON.parse(json?.stdout ?? "")).toEqual([]);
      expect(ndjson).toEqual({ code: 0, stdout: "", stderr: "" });
    });

    test("the server stops", async () => {
      if (!server) return console.error("skipped: no PostgreSQL server is installed");

      expect(await server.kill()).toMatchObject({ code: 0, stderr: "" });
    });

    check("without a server");
  });
}

describe("a wrong command line ends with 2 and touches nothing:", () => {
  const cases: [args: string[], says: string][] = [
    [[], "Name one form"],
    [["contact"], "--format must be one of csv, json, ndjson"],
    [["contact", "--format", "xml"], "--format must be one of csv, json, ndjson"],
    [["contact", "waitlist", "--format", "csv"], "Name one form"],
    [["contact", "--format", "csv", "--spam"], "--spam"],
    [["contact", "--format", "csv", "--state", "gone"], "--state must be one of received, pending, inbox"],
    [["contact", "--format", "csv", "--since", "2026-02-30"], "--since must be a day, or a moment such as"],
    [["contact", "--format", "csv", "--until", "now"], "--until must be a day, or a moment such as"],
  ];
  test.each(cases)("%p", async (args, says) => {
    using folder = temporaryFolder();
    const { code, stdout, stderr } = await runGatehouse(["export", ...args], { cwd: folder.path });

    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(says);
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

test("makes no database where there is none, and leaves no file", async () => {
  using folder = temporaryFolder();

  const { code, stderr } = await runGatehouse(["export", "contact", "--format", "csv", "-o", "x.csv"], {
    cwd: folder.path,
  });

  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: `gatehouse: There is no database in ${join(folder.path, "data")} yet: the first start makes it\n`,
  });
  expect(readdirSync(folder.path)).toEqual([]);
});

test("an output that is closed early ends it with 1", async () => {
  using folder = temporaryFolder();
  const env = { DATA_DIR: join(folder.path, "data") };
  await runGatehouse(["seed"], { env, deadlineMs: 30_000 });
  const entry = join(import.meta.dir, "../../src/main.ts");
  const command = `"${process.execPath}" "${entry}" export contact --format ndjson | true; exit \${PIPESTATUS[0]}`;

  const child = Bun.spawn(["bash", "-c", command], {
    env: { PATH: process.env.PATH, ...env },
    stderr: "pipe",
  });

  expect([await child.exited, await new Response(child.stderr).text()]).toEqual([
    1,
    "gatehouse: The output was closed before the end\n",
  ]);
}, 40_000);

test("keeps an existing part of a file, and says that it cannot write", async () => {
  using folder = temporaryFolder();
  await Bun.write(join(folder.path, "x.csv.part"), "somebody else's");

  const { code, stderr } = await runGatehouse(["export", "contact", "--format", "csv", "-o", "x.csv"], {
    cwd: folder.path,
  });

  expect(code).toBe(74);
  expect(stderr).toContain("x.csv.part (EEXIST)");
  expect(existsSync(join(folder.path, "x.csv"))).toBe(false);
});
