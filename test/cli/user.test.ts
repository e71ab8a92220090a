import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { runGatehouse } from "../support/command";
import { openPlaces, type Place } from "../support/databases";
import { temporaryFolder } from "../support/folder";
import { startServe } from "../support/serve";
import { until } from "../support/until";

setDefaultTimeout(120_000);

const places = await openPlaces();
afterAll(places.close);

const password = "correct horse battery";
const another = "staple of another kind";
const main = join(import.meta.dir, "../../src/main.ts");

type Env = Record<string, string>;
/** `gatehouse user …` with a line on standard input. */
const user = (env: Env, args: string, stdin?: string) =>
  runGatehouse(["user", ...args.split(" ")], {
    env,
    cwd: "/",
    deadlineMs: 30_000,
    ...(stdin !== undefined && { stdin: `${stdin}\n` }),
  });
const create = (env: Env, more: string, typed = password) =>
  user(env, `create --password-stdin ${more}`, typed);
const tokenIn = (text: string) => /\/account\/enrol\/([\w-]{43})\n/.exec(text)?.[1];

/** What an operator's shell knows: where the server's folder is, and none of its settings. */
const shellOf = ({ env }: Place): Env => ({ DATA_DIR: env.DATA_DIR ?? "" });

const read = (place: Place, statement: string) =>
  place.inspect(async ({ executeSql }) => (await executeSql(statement)).rows);

const script: [args: string, stdin: string | undefined, code: number, says: RegExp][] = [
  ["create --email eve@example.com --role user --username eve --password-stdin", another, 0, /^Made account 2 of role user\n$/],
  ["create --email EVE@example.com --role user --password-stdin", another, 1, /^gatehouse: This address has an account already\n$/],
  ["create --email e@example.com --username EVE --role user --password-stdin", another, 1, /^gatehouse: Another account has this name\n$/],
  ["create --email no-address --role user --password-stdin", another, 1, /^gatehouse: email: This is not an e-mail address\n$/],
  ["create --email e@example.com --username a/b --role user --password-stdin", another, 1, /^gatehouse: username: /],
  ["create --email e@example.com --role user --password-stdin", "short", 1, /^gatehouse: password: This password is too short\n$/],
  ["set-role eve editor", undefined, 0, /^Account 2 has the role editor\n$/],
  ["set-role ada@example.com user", undefined, 1, /last account of the role dev/],
  ["set-password eve@Example.com --password-stdin", another, 0, /^Account 2 has the new password\n$/],
  ["enrol-link eve", undefined, 0, /^Enrol .* within 30 minutes:\n\n {2}http:\/\/localhost:\d+\/account\/enrol\/[\w-]{43}\n\n$/],
  ["reset-totp eve", undefined, 0, /^Account 2 has no authenticator app\n$/],
  ["sign-out eve", undefined, 0, /^Account 2 is signed out\n$/],
  ["disable eve", undefined, 0, /^Account 2 is disabled\n$/],
  ["list", undefined, 0, /^2\teditor\tdisabled\teve\teve@example\.com\n1\tdev\tconfirmed\tuser-\w{10}\tada@example\.com\n$/],
  ["enable eve", undefined, 0, /^Account 2 is enabled\n$/],
  ["disable nobody", undefined, 1, /^gatehouse: Cannot find this account\n$/],
  ["allow @Example.com", undefined, 0, /^May register to publish: @example\.com\n$/],
  ["allow x", undefined, 1, /^gatehouse: pattern: /],
]; // biome-ignore format: one row a line

const audited = [
  ["account.registered", { via: "cli", role: "dev" }],
  ["account.registered", { via: "cli", role: "user" }],
  ["account.role_changed", { before: "user", after: "editor" }],
  ["account.password_changed", {}],
  ["admin.user_changed", { members: ["enrolment_link"] }],
  ["account.totp_removed", {}],
  ["session.revoked", {}],
  ["account.disabled", {}],
  ["account.enabled", {}],
  ["admin.allowlist_changed", { change: "added" }],
];

describe.each(places.kinds)("gatehouse user on %s", (kind) => {
  test.each(["while a server runs", "without a server"])("makes and changes accounts, %s", async (how) => {
    using place = await places.open(kind);
    await using server = how === "without a server" ? undefined : await startServe(place.env);
    const env = server ? shellOf(place) : place.env;

    const first = await create(env, "--email ada@example.com --role dev");
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(tokenIn(first.stdout)).toBeString();
    const outputs = [first.stdout];
    for (const [args, stdin, code, says] of script) {
      const done = await user(env, args, stdin);
      outputs.push(done.stdout, done.stderr);
      expect([args, done.code, code === 0 ? done.stdout : done.stderr]).toEqual([
        args,
        code,
        expect.stringMatching(says),
      ]);
    }

    if (server) {
      const page = await fetch(`${server.url}/account/enrol/${tokenIn(first.stdout)}`);
      expect([page.status, (await page.text()).includes("QR code")]).toEqual([200, true]);
      const log = server.printed();
      await server.kill();
      for (const planted of [password, another, tokenIn(first.stdout) ?? ""])
        expect(log).not.toContain(planted);
    }
    for (const planted of [password, another]) expect(outputs.join("")).not.toContain(planted);
    const events = await read(
      place,
      "select event, data::text as data, actor_id from gatehouse.audit_events order by id",
    );
    expect(events.map(({ event, data }) => [event, JSON.parse(String(data))])).toEqual(audited);
    expect(events.filter(({ actor_id }) => actor_id !== null)).toEqual([]);
    const users = await read(
      place,
      "select registered_via, verified_at is not null as verified, password_hash from gatehouse.users order by id",
    );
    expect(users).toMatchObject([
      { registered_via: "cli", verified: true },
      { registered_via: "cli", verified: true },
    ]);
    expect(await Bun.password.verify(another, String(users[1]?.password_hash))).toBe(true);
  });

  test("a first start puts the set-up link into a file for its user alone, and logs the path", async () => {
    using place = await places.open(kind);
    const file = join(place.env.DATA_DIR ?? "", "setup-link");
    const server = await startServe(place.env);
    await until(() => server.printed().includes("accounts.setup_link_written"), 10);

    const address = readFileSync(file, "utf8").trim();
    const { pathname, port } = new URL(address);
    const page = await fetch(server.url + pathname);
    const log = server.printed();

    expect([pathname, Number(port), page.status]).toEqual([
      expect.stringMatching(/^\/account\/setup\/[\w-]{43}$/),
      server.port as number,
      200,
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(log).toContain(JSON.stringify(file));
    expect(log).not.toContain(pathname.slice("/account/setup/".length));
    await create(shellOf(place), "--email ada@example.com --role dev");
    await server.kill();
    await using again = await startServe(place.env);
    await until(() => !existsSync(file), 10);
    expect(again.printed()).not.toContain("accounts.setup_link");
  });
});

describe.each(places.kinds.filter((kind) => kind === "postgres"))("on %s", (kind) => {
  test("the server does it for a shell that knows the database too", async () => {
    using place = await places.open(kind);
    await using _server = await startServe({ ...place.env, PUBLIC_URL: "https://api.example.com" });

    const { stdout } = await create(place.env, "--email ada@example.com --role dev");

    expect(stdout).toContain("  https://api.example.com/account/enrol/");
  });

  test("a private socket that cannot be opened is a warning", async () => {
    using place = await places.open(kind);
    await using server = await startServe({ ...place.env, CONTROL_SOCKET: "/proc/none/control.sock" });

    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    expect(server.printed()).toMatch(/"warn".*"setting":"CONTROL_SOCKET".*"control\.unavailable"/);
    const done = await create(place.env, "--email ada@example.com --role user");
    expect(done).toMatchObject({ code: 0 });
  });
});

describe("the command line", () => {
  test.each([
    ["", "Say what to do: gatehouse user create|list|"],
    ["destroy ada", "Say what to do"],
    ["create --role dev", "--email ADDRESS"],
    ["create --email a@example.com", "A role is one of user, editor, dev"],
    ["create --email a@example.com --role root", "A role is one of user, editor, dev"],
    ["create --email a@example.com --role dev hunter2secret", "Say it as: gatehouse user create"],
    ["create --email a@example.com --role dev --password hunter2secret", "--password"],
    ["set-role ada", "Say it as: gatehouse user set-role <who> <role>"],
    ["list --email a@example.com", "takes no --email"],
    ["disable ada --password-stdin", "takes no --password-stdin"],
    ["create --email a@example.com --role dev", "There is no terminal"],
  ])("is refused: user %s", async (args, says) => {
    using folder = temporaryFolder();

    const { code, stdout, stderr } = await user({ DATA_DIR: join(folder.path, "data") }, args);

    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(says);
    expect(stderr).not.toContain("hunter2secret");
    expect(existsSync(join(folder.path, "data"))).toBe(false);
  });
});

/** Runs a command at a terminal of its own; `steps` are what is typed once a text has appeared. */
async function atTerminal(env: Env, args: string[], steps: [after: string, typed: string][]) {
  let shown = "";
  const decoder = new TextDecoder();
  const child = Bun.spawn([process.execPath, main, ...args], {
    cwd: "/",
    env: { PATH: process.env.PATH, ...env },
    terminal: {
      cols: 200,
      rows: 50,
      data(_, bytes) {
        shown += decoder.decode(bytes, { stream: true });
      },
    },
  });
  for (const [after, typed] of steps) {
    await until(() => shown.includes(after), 20);
    child.terminal?.write(typed);
  }
  return { child, shown: () => shown };
}

describe("at a terminal", () => {
  const args = ["user", "create", "--email", "ada@example.com", "--role", "user"];

  test.each([
    [
      "takes the password that was typed twice, without showing it",
      password,
      `${password}\r`,
      0,
      "Made account 1",
    ],
    ["refuses two that differ", password, `${another}\r`, 2, "The two passwords differ"],
    ["is left with Ctrl-C", password, "\u0003", 1, "Given up"],
  ])("%s", async (_, first, second, code, says) => {
    using folder = temporaryFolder();
    const env = { DATA_DIR: join(folder.path, "data") };

    const { child, shown } = await atTerminal(env, args, [
      ["Password: ", `x\u007f${first}\r`],
      ["Once more: ", second],
    ]);

    expect(await child.exited).toBe(code);
    await until(() => shown().includes(says));
    expect(shown()).not.toContain("horse");
    expect(shown()).not.toContain("staple");
  });

  test("a first start prints the set-up link there, and neither logs nor stores it", async () => {
    using folder = temporaryFolder();
    const env = { DATA_DIR: join(folder.path, "data"), HOST: "127.0.0.1", PORT: "0" };

    const { child, shown } = await atTerminal(env, ["serve"], [["/account/setup/", ""]]);
    await until(() => /\/account\/setup\/[\w-]{43}\r?\n/.test(shown()));
    child.kill();
    await child.exited;

    expect(shown()).toMatch(/\n {2}http:\/\/localhost:\d+\/account\/setup\/[\w-]{43}\r?\n/);
    expect(shown().match(/account\/setup/g)).toHaveLength(1);
    expect(existsSync(join(folder.path, "data/setup-link"))).toBe(false);
  });
});
