import { temporaryFolder } from "../../support/folder";
import type { Bench, Section } from "../bench";
import { type Load, latencyOf, load, perSecond } from "../load";
import { startService } from "../service";
import { type Line, spread } from "../table";

export const health: Section = { name: "health", needs: ["wrk"], measure: measureHealth };

async function measureHealth({ rounds, seconds }: Bench): Promise<Line[]> {
  using folder = temporaryFolder();
  const service = await startService(folder.path);
  const loads: Load[] = [];
  for (let round = 0; round < rounds; round++) {
    loads.push(await load(`${service.url}/health`, { connections: 64, seconds: Math.min(seconds, 3) }));
  }
  await service.stop();
  return [
    {
      what: "`GET /health`, 64 connections",
      measured: `${spread(loads.map(perSecond))}/s`,
      detail: latencyOf(loads),
    },
  ];
}
