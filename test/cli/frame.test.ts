import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { UsageError } from "#/cli/command";
import { runCommand } from "#/cli/frame";
import { ConfigError } from "#/kernel/config";
import { StartRefusal } from "#/kernel/db/start-refusal";
import { AppError } from "#/kernel/errors";
import { runGatehouse } from "../support/command";

test("--help lists every command and every exit code", async () => {
  const { code, stdout, stderr } = await runGatehouse(["--help"]);

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const command of ["doctor", "health", "version"])
    expect(stdout).toMatch(new RegExp(`^  ${command} +\\w`, "m"));
  for (const exit of [0, 1, 2, 70, 74, 75, 76, 78])
    expect(stdout).toMatch(new RegExp(`^ +${exit}  \\w`, "m"));
});

test.each([[["doctor", "--help"]], [["help", "doctor"]], [["doctor", "--json", "-h"]]])(
  "%p explains the one command and does not run it",
  async (args) => {
    const { code, stdout, stderr } = await runGatehouse(args);

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toStartWith("Usage: gatehouse doctor [--json]\n");
    expect(stdout).toMatch(/^ +1 {2}failed$/m);
  },
);

test.each([
  { args: ["docter"], says: 'There is no command "docter"; did you mean "doctor"?' },
  { args: ["constructor"], says: 'There is no command "constructor"; "gatehouse --help" lists them' },
  { args: [], says: 'No command given; "gatehouse --help" lists them' },
  { args: ["version", "--yaml"], says: "--yaml" },
  { args: ["version", "extra"], says: "extra" },
  { args: ["help", "docter"], says: 'did you mean "doctor"?' },
])("refuses $args with 2 and says how to go on", async ({ args, says }) => {
  const { code, stdout, stderr } = await runGatehouse(args);

  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(says);
  expect(stderr).not.toContain("    at ");
});

test.each([["--version"], ["version"]])("%s prints the version", async (arg) => {
  const { code, stdout } = await runGatehouse([arg]);

  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(
      /^gatehouse dev \(dev\)\nschema \d{4}_\w+\ndatabases embedded, postgres\n$/,
    ),
  });
});

test("version --json prints one object", async () => {
  const { stdout } = await runGatehouse(["version", "--json"]);

  expect(JSON.parse(stdout)).toEqual({
    version: "dev",
    commit: "dev",
    schema: readdirSync("drizzle")
      .filter((name) => name.endsWith(".sql"))
      .sort()
      .at(-1)
      ?.replace(".sql", ""),
    database: ["embedded", "postgres"],
  });
});

test.each([
  [new StartRefusal(75, "Cannot open the data directory"), 75],
  [new ConfigError([{ name: "PORT", problem: "must be set" }]), 78],
  [new UsageError("Cannot read the command line"), 2],
  [new AppError(404, "not_found", "Cannot find this form"), 1],
  [new Error("planted"), 1],
  ["planted", 1],
])("ends with the exit code of what was thrown (%#)", async (thrown, code) => {
  const help = { usage: "", summary: "", exits: [] };

  expect(await runCommand(["x"], { x: async () => ({ help, run: () => Promise.reject(thrown) }) })).toBe(
    code,
  );
});

test("names a bug by its class and its places, never by its message", async () => {
  const { code, stderr } = await runGatehouse([], { script: "test/support/failing-command.ts" });

  expect(code).toBe(1);
  expect(stderr).toContain("failed with TypeError (ERR_PLANTED)");
  expect(stderr).toContain("failing-command.ts");
  expect(stderr).not.toContain("hunter2");
});
