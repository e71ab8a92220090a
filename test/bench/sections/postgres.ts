import type { PostgresServer } from "../../support/postgres";
import type { Bench, Section } from "../bench";
import { type Intake, medianRate, postContacts, toLine } from "../intake";
import type { Shot } from "../load";
import { migratedDatabase } from "../migrated-database";
import { pgbench } from "../pgbench";
import { type Line, median, spread } from "../table";

export const postgres: Section = {
  name: "postgres",
  needs: ["wrk", "pgbench", "a PostgreSQL server"],
  measure: measurePostgres,
};

/** Ours and pgbench take turns, each time on a fresh copy of one migrated database. */
async function measurePostgres({ rounds, seconds, ...bench }: Bench): Promise<Line[]> {
  const server = bench.postgres();
  const template = await migratedDatabase(server);
  const clients = await bestClients(server, template);
  const shots: [what: string, shot: Shot][] = [
    ["JSON, 64 connections", { connections: 64, seconds, kind: "json" }],
    ["urlencoded, 64 connections", { connections: 64, seconds, kind: "urlencoded" }],
    ["JSON, 500 connections", { connections: 500, seconds, kind: "json" }],
  ];
  const loads = shots.map((): Intake[] => []);
  const commits: number[] = [];
  for (let round = 0; round < rounds; round++) {
    commits.push(await pgbench(await server.createDatabase(template), clients, seconds));
    for (const [at, [, shot]] of shots.entries()) {
      loads[at]!.push(await postContacts(shot, { databaseUrl: await server.createDatabase(template) }));
    }
  }
  const commit = median(commits);
  const ours = shots.map(([what], at): Line => {
    const ratio = medianRate(loads[at]!) / commit;
    return {
      ...toLine(`contact posts on PostgreSQL, ${what}`, loads[at]!),
      target: `≥ 2 × pgbench; ${ratio.toFixed(2)} ×`,
      reached: ratio >= 2,
    };
  });
  return [
    { what: `pgbench, two inserts a commit, ${clients} clients`, measured: `${spread(commits)}/s` },
    ...ours,
  ];
}

/** pgbench at its best: the number of clients that commits most in a second or two. */
async function bestClients(server: PostgresServer, template: string): Promise<number> {
  let best = { clients: 0, rate: 0 };
  for (const clients of [16, 32, 64, 90]) {
    const rate = await pgbench(await server.createDatabase(template), clients, 2);
    if (rate > best.rate) best = { clients, rate };
  }
  return best.clients;
}
