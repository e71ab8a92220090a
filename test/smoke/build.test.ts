import { expect, test } from "bun:test";
import { join } from "node:path";
import { temporaryFolder } from "../support/folder";

const root = join(import.meta.dir, "../..");

async function output(command: string[], cwd: string, env: Record<string, string> = {}) {
  const child = Bun.spawn(command, {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, stdout, stderr };
}

const hash = async (file: string) =>
  new Bun.CryptoHasher("sha256").update(await Bun.file(file).arrayBuffer()).digest("hex");

test("one commit builds the same bytes twice, and the executable knows its version and commit", async () => {
  using folder = temporaryFolder();
  // The name of the file becomes part of it; its folder does not.
  const [first, second] = [join(folder.path, "first/gatehouse"), join(folder.path, "second/gatehouse")];

  const built = [];
  for (const file of [first, second])
    built.push(await output([process.execPath, ".github/build.ts", file], root));
  const { stdout } = await output([first, "version", "--json"], folder.path);
  const git = await output(["git", "rev-parse", "HEAD"], root);

  expect(built).toMatchObject([{ code: 0 }, { code: 0 }]);
  expect(await hash(first)).toBe(await hash(second));
  expect(JSON.parse(stdout)).toMatchObject({
    version: (await Bun.file(join(root, "package.json")).json()).version,
    commit: git.code === 0 ? git.stdout.trim() : "unknown",
  });
}, 60_000);

test("the executable runs no code of the folder that it is started in", async () => {
  using folder = temporaryFolder();
  const executable = join(folder.path, "gatehouse");
  await output([process.execPath, ".github/build.ts", executable], root);
  await Bun.write(join(folder.path, "bunfig.toml"), 'preload = ["./planted.ts"]\n');
  await Bun.write(join(folder.path, "planted.ts"), 'console.error("planted")\n');

  const { code, stdout, stderr } = await output([executable, "version"], folder.path);

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toStartWith("gatehouse ");
}, 60_000);
