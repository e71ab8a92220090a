import { describe, expect, test } from "bun:test";
import { createLog, nameError } from "#/kernel/log";

const secrets = {
  password: "hunter2-a",
  access: "eyJhbGciOi.planted-b",
  refresh: "refresh-planted-c",
  verification: "verify-planted-d",
  reset: "reset-planted-e",
  otp: "123456-planted-f",
  webhook: "whsec-planted-g",
  url: "postgres://u:planted-h@db/x",
  apiKey: "SG.planted-i",
  otherKey: "pat-planted-j",
  cookie: "session=planted-k",
  query: "?token=planted-l",
};

function record(level: Parameters<typeof createLog>[0]) {
  const lines: string[] = [];
  return { lines, log: createLog(level, { write: (line) => void lines.push(line) }) };
}

test("a line is one JSON object with time, level and event, whatever it holds", () => {
  const { lines, log } = record("info");

  log("info", "forms.stored", { form: "contact\n{}\u001b[31m", status: 200 });

  expect(lines.length).toBe(1);
  expect(lines[0]?.indexOf("\n")).toBe((lines[0]?.length ?? 0) - 1);
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    level: "info",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    event: "forms.stored",
    form: "contact\n{}\u001b[31m",
    status: 200,
  });
});

describe("twelve planted secrets", () => {
  test.each(["debug", "info", "warn", "error"] as const)("are in no line at level %s", (level) => {
    const { lines, log } = record(level);
    const error = Object.assign(new TypeError(Object.values(secrets).join()), secrets);

    log("error", "test.failed", { ...secrets, error, headers: secrets, body: secrets, path: secrets.query });
    log("error", "test.failed", { error: { ...secrets }, requestId: { secrets }, settings: [{ secrets }] });
    log("error", "test.failed", {
      error: `Cannot reach ${secrets.url}`,
      reason: `key (${secrets.apiKey}) exists`,
    });

    expect(lines.length).toBe(3);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ error: "TypeError" });
    for (const secret of Object.values(secrets)) expect(lines.join("")).not.toContain(secret);
  });
});

test("the level decides which lines are written, and never what they hold", () => {
  const { lines, log } = record("warn");

  for (const level of ["debug", "info", "warn", "error"] as const) log(level, `test.${level}`);

  expect(lines.map((line) => JSON.parse(line).event)).toEqual(["test.warn", "test.error"]);
});

test("of an error its class and a code in capitals are named", () => {
  expect(nameError(Object.assign(new Error("secret"), { code: "23505" }))).toEqual({
    error: "Error",
    errorCode: "23505",
  });
  expect(nameError(Object.assign(new RangeError("secret"), { code: "my secret" }))).toEqual({
    error: "RangeError",
  });
  expect(nameError(Object.assign(new Error(), { name: "a secret name" }))).toEqual({ error: "Error" });
  expect(nameError("secret")).toEqual({ error: "string" });
});

test.each(["process.exit(3)", "throw new Error('planted')"])(
  "all lines are out when the process ends by %s",
  (end) => {
    const program = `import { createLog } from "#/kernel/log";
    const log = createLog("info");
    for (let i = 0; i < 5000; i++) log("info", "test.line", { count: i });
    ${end}`;

    const { stdout } = Bun.spawnSync(["bun", "-e", program], { cwd: `${import.meta.dir}/../..` });

    expect(stdout.toString().trimEnd().split("\n").length).toBe(5000);
  },
);
