import { expect, test } from "bun:test";
import { join } from "node:path";
import { type ExitName, exitCodes, exitMeanings } from "#/cli/exit-codes";
import { runGatehouse } from "../support/command";

const readme = await Bun.file(join(import.meta.dir, "../../README.md")).text();

test("README's table of exit codes says what the code says", () => {
  const [, table = ""] = /<!-- exit codes -->\n([\s\S]*?)<!-- \/exit codes -->/.exec(readme) ?? [];
  const rows = [...table.matchAll(/^\| (\d+) \| (.+) \|$/gm)].map(([, code, meaning]) => [
    Number(code),
    meaning,
  ]);

  const names = Object.keys(exitCodes) as ExitName[];
  expect(rows).toEqual(names.map((name) => [exitCodes[name], exitMeanings[name]]));
});

test("README has a row for every command, and for no other", async () => {
  const { stdout } = await runGatehouse(["--help"]);
  const commands = [...stdout.matchAll(/^ {2}([a-z]+) +[A-Z]/gm)].map(([, name]) => name);

  const [, section = ""] = /\n## Commands\n([\s\S]*?)<!-- exit codes -->/.exec(readme) ?? [];
  const rows = [...section.matchAll(/^\| `([a-z]+)/gm)].map(([, name]) => name);

  expect(commands).toContain("serve");
  expect(rows.toSorted()).toEqual(commands.toSorted());
});
