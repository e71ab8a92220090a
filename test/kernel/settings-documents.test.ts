import { expect, test } from "bun:test";
import { join } from "node:path";
import { envExample, loadConfig, settingsTable } from "#/kernel/config";
import { settingNames } from "#/kernel/config/settings";
import { temporaryFolder } from "../support/folder";

const root = join(import.meta.dir, "../..");
const example = Bun.file(join(root, ".env.example"));
const readme = Bun.file(join(root, "README.md"));
const section = /(<!-- settings -->\n)([\s\S]*?)(<!-- \/settings -->)/;

// `bun run env-example` writes what this test otherwise compares.
if (process.env.UPDATE === "1") {
  await Bun.write(example, envExample());
  if (await readme.exists()) {
    const text = await readme.text();
    await Bun.write(
      readme,
      text.replace(section, (_, open, __, close) => `${open}\n${settingsTable()}\n${close}`),
    );
  }
}

test(".env.example says what the schema says", async () => {
  expect(await example.text()).toBe(envExample());
});

test(".env.example changes nothing until a line is taken into use", async () => {
  const assignments = envExample()
    .split("\n")
    .flatMap((line) => /^# ([A-Z][A-Z0-9_]+)=(.*)$/.exec(line)?.slice(1, 3).join("=") ?? []);
  const env = Object.fromEntries(assignments.map((line) => line.split(/=(.*)/s).slice(0, 2)));
  using folder = temporaryFolder();
  const here = { DATA_DIR: folder.path };

  const { rootSecret, sources: _, ...filled } = loadConfig({ ...env, ...here });
  const { rootSecret: same, sources: __, ...bare } = loadConfig(here);

  expect(Object.keys(env)).toEqual([...settingNames]);
  expect(filled).toEqual(bare);
  expect(rootSecret).toEqual(same);
});

test("README's table, where README has one, says what the schema says", async () => {
  const [, , table] = section.exec((await readme.exists()) ? await readme.text() : "") ?? [];

  expect(table ?? `\n${settingsTable()}\n`).toBe(`\n${settingsTable()}\n`);
});

test("the table has a row for every setting", () => {
  const rows = settingsTable().matchAll(/^\| `([A-Z0-9_]+)` \|[^\n]+\|$/gm);

  expect([...rows].map(([, name]) => name)).toEqual([...settingNames]);
});
