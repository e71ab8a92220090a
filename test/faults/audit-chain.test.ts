import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { auditState, verifyChain } from "#/kernel/audit";
import { openPlaces, type Place } from "../support/databases";
import { spawnExecutable, startExecutable } from "../support/executable";
import { until } from "../support/until";

/** More for a campaign: `KILLS=50 bun test test/faults/audit-chain.test.ts --timeout 1000000`. */
const kills = Number(process.env.KILLS ?? 3);

const places = await openPlaces();
afterAll(places.close);

/** Writers and a seal in a process of their own, killed at some moment after the first answers. */
async function writeAndKill({ env }: Place, forMs: number): Promise<string[]> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "audit-chain-child.ts")], {
    env: { PATH: process.env.PATH, ...env },
    stdout: "pipe",
    stderr: "inherit",
  });
  let printed = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) printed += decoder.decode(chunk, { stream: true });
  })();
  await until(() => printed.length > 0 || child.exitCode !== null, 30);
  await Bun.sleep(forMs);
  child.kill("SIGKILL");
  await reading;
  return [...printed.matchAll(/^ack (\S+)$/gm)].map(([, subject = ""]) => subject);
}

describe.each(places.kinds)("kill -9 while events are written and sealed, %s", (kind) => {
  test(
    "loses no event, breaks no chain, and the executable seals the rest",
    async () => {
      using place = await places.open(kind);
      const acknowledged: string[] = [];
      let sealedAtKills = 0;

      for (let kill = 0; kill < kills; kill++) {
        acknowledged.push(...(await writeAndKill(place, Math.random() * 1_500)));
        const { broken, state } = await place.inspect(async ({ db }) => ({
          broken: (await verifyChain(db)).broken,
          state: await auditState(db),
        }));
        expect(broken).toBeUndefined();
        sealedAtKills = state.sealedSeq;
      }
      const served = await startExecutable(place.env);
      await served.kill();
      const verified = await spawnExecutable(place.env, { args: ["audit", "verify"] });
      const code = await verified.exited;

      const { subjects, state } = await place.inspect(async ({ db, executeSql }) => ({
        subjects: (await executeSql("select subject_id from gatehouse.audit_events")).rows.map(
          (row) => row.subject_id,
        ),
        state: await auditState(db),
      }));
      const kept = new Set(subjects);
      console.error(
        `${kind}: ${acknowledged.length} acknowledged, ${subjects.length} events, ${sealedAtKills} sealed at the last kill`,
      );
      expect(acknowledged.filter((subject) => !kept.has(subject))).toEqual([]);
      expect(sealedAtKills).toBeGreaterThan(0);
      expect({ code, output: verified.output() }).toEqual({
        code: 0,
        output: `head      ${subjects.length} ${state.head}\nsealed    ${subjects.length}\nunsealed  0\n`,
      });
    },
    60_000 + kills * 10_000,
  );
});
