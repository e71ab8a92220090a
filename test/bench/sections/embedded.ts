import type { Bench, Section } from "../bench";
import { type Intake, medianRate, postContacts, toLine } from "../intake";
import { type Line, median } from "../table";

export const embedded: Section = { name: "embedded", needs: ["wrk"], measure: measureEmbedded };

async function measureEmbedded({ rounds, seconds }: Bench): Promise<Line[]> {
  const loads: Intake[] = [];
  for (let round = 0; round < rounds; round++) {
    loads.push(await postContacts({ connections: 500, seconds, kind: "json" }));
  }
  const p99 = median(loads.map((one) => one.p99));
  return [
    {
      ...toLine("contact posts embedded, JSON, 500 connections", loads),
      target: "≥ 15,000/s, p99 < 150 ms",
      reached: medianRate(loads) >= 15_000 && p99 < 150,
    },
  ];
}
