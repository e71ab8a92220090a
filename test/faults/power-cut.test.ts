import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkFiles } from "../support/check-whole";
import { kindsUnderTest } from "../support/databases";
import { temporaryFolder } from "../support/folder";
import { type Cut, seeded } from "../support/power-cut";
import type { Run } from "./power-cut-child";

/** More for a campaign: `CUTS=200 bun test test/faults/power-cut.test.ts --timeout 2000000`. */
const cuts = Number(process.env.CUTS ?? 10);
/** The same cuts again: `SEED=…` as it was printed. */
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const script = join(import.meta.dir, "power-cut-child.ts");

type Found = {
  openedMs: number;
  missing: number;
  doubled: number;
  rows: number;
  orphans: { rowsWithoutJob: number; deliveriesWithoutJob: number; jobsWithoutRow: number };
  broken: string[];
};

/** One directory that loses power again and again. */
function oneDirectory() {
  const folder = temporaryFolder();
  const data = join(folder.path, "data");
  const list = join(folder.path, "acknowledged");
  const acknowledged: string[] = [];

  return {
    root: join(data, "pgdata"),
    acknowledged,
    /** Opens it, looks, and stores until the cut. `found` is missing where the power went before anything was seen. */
    async run(options: Run): Promise<{ found: Found | undefined; cut: Cut | undefined; said: string }> {
      writeFileSync(list, acknowledged.join("\n"));
      const command = [process.execPath, script, data, list, JSON.stringify(options)];
      const child = Bun.spawn(command, { stdout: "pipe", stderr: "pipe", stdin: "ignore" });
      const [printed, said] = await Promise.all([
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
        child.exited,
      ]);
      const lines = printed.split("\n");
      acknowledged.push(...lines.filter((line) => line.startsWith("ack ")).map((line) => line.slice(4)));
      const reports = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
      return Object.assign({ found: undefined, cut: undefined, said }, ...reports);
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

const look: Run = { seed: 0, at: 0, opening: false, loss: 0 };
const harsh: Run = { seed: 1, at: 200, opening: false, loss: 1 };
const sound = {
  missing: 0,
  doubled: 0,
  broken: [],
  orphans: { rowsWithoutJob: 0, deliveriesWithoutJob: 0, jobsWithoutRow: 0 },
};

test.each(kindsUnderTest("embedded"))(
  `%s: ${cuts} power cuts lose nothing that was acknowledged, and every time it opens again`,
  async () => {
    const random = seeded(seed);
    using directory = oneDirectory();
    const total = { pages: 0, undone: 0, entries: 0, entriesUndone: 0, torn: 0 };
    let early = 0;
    let slowest = 0;

    for (let n = 1; n <= cuts; n++) {
      // A third of them while it opens, recovers and migrates (the first: its first start), the others under load.
      const opening = n % 3 === 1;
      const at = 1 + Math.floor(random() * (opening ? 1_000 : 500));
      const loss = [0.1, 0.5, 0.9, 1][Math.floor(random() * 4)] as number;
      const { found, cut, said } = await directory.run({
        seed: Math.floor(random() * 2 ** 31),
        at,
        opening,
        loss,
      });
      const where = { seed, cut: n, at, opening, loss };
      expect({ ...where, said, wasCut: cut !== undefined }).toEqual({ ...where, said: "", wasCut: true });
      for (const key of Object.keys(total) as (keyof Cut)[]) total[key] += (cut as Cut)[key];
      if (found) {
        expect({ ...where, ...found }).toMatchObject({ ...where, ...sound });
        slowest = Math.max(slowest, found.openedMs);
      } else early += 1;
    }

    const { found, said } = await directory.run(look);
    expect({ said, ...found }).toMatchObject({ said: "", ...sound });
    const { checked, broken } = await checkFiles(directory.root);
    console.error(
      `power cuts, seed ${seed}: ${cuts} cuts, ${early} of them before it was open; ${directory.acknowledged.length} acknowledged,`,
      `${found?.missing} missing; of ${total.pages} pages that were not synced ${total.undone} lost and ${total.torn} torn, of`,
      `${total.entries} directory entries ${total.entriesUndone} lost; opened in at most ${slowest} ms;`,
      `amcheck: ${checked} relations, ${broken.length} broken`,
    );
    expect(broken).toEqual([]);
    expect(checked).toBeGreaterThan(100);
    expect(directory.acknowledged.length).toBeGreaterThan(cuts * 10);
  },
  30_000 + cuts * 20_000,
);

describe.each(kindsUnderTest("embedded"))("%s: the test itself sees", () => {
  test("that what was acknowledged is gone where files are not synced", async () => {
    using directory = oneDirectory();
    await directory.run(look);

    const { cut } = await directory.run({ ...harsh, without: "syncs" });
    const { found } = await directory.run(look);

    expect(cut?.undone).toBeGreaterThan(0);
    expect(directory.acknowledged.length).toBeGreaterThan(10);
    expect(found?.missing).toBe(directory.acknowledged.length);
  }, 60_000);

  test("that tables are gone where directories are not synced", async () => {
    using directory = oneDirectory();

    const { cut } = await directory.run({ ...harsh, without: "directories" });
    const { found, said } = await directory.run(look);

    expect(cut?.entriesUndone).toBeGreaterThan(0);
    expect(directory.acknowledged.length).toBeGreaterThan(10);
    expect({ found, said }).toEqual({
      found: undefined,
      said: expect.stringContaining("could not open file"),
    });
  }, 60_000);
});
