import { contactPost, pressOn, type Seen } from "../../support/clients";
import { temporaryFolder } from "../../support/folder";
import { percentile } from "../../support/percentile";
import type { PostgresServer } from "../../support/postgres";
import type { Bench, Section } from "../bench";
import { startService } from "../service";
import { type Line, spread } from "../table";

export const overload: Section = {
  name: "overload",
  needs: ["a PostgreSQL server"],
  async measure(bench) {
    return [
      ...(await measureOverload(bench.postgres(), bench)),
      ...(await measureOverload(undefined, bench)),
    ];
  },
};

type Rounds = Pick<Bench, "rounds" | "seconds">;

const clients = 500;
/** So many that none of them waits for a free connection before it may send. */
const connections = 8_000;
/** Milliseconds in which 99 of 100 accepted messages are answered, counted from the moment they were due. */
const promised = 1_000;

/**
 * Twice what the service stores for 500 clients, each post at its moment whatever became of those before; and 4,000
 * clients that try again at once whatever they are told. On PostgreSQL where a server is given, else embedded.
 */
async function measureOverload(
  server: PostgresServer | undefined,
  { rounds, seconds }: Rounds,
): Promise<Line[]> {
  const twice: Seen[] = [];
  const stubborn: Seen[] = [];
  for (let round = 0; round < rounds; round++) {
    using folder = temporaryFolder();
    const service = await startService(folder.path, await server?.createDatabase());
    const port = Number(new URL(service.url).port);
    await service.ready();
    let from = 0;
    const press = (how: { connections: number; rate?: number; seconds?: number }) => {
      from += 10_000_000;
      return pressOn({ port, request: contactPost, from, seconds, ...how });
    };
    await press({ connections: clients, seconds: 3 });
    const usual = await press({ connections: clients });
    twice.push(await press({ connections, rate: 2 * storedPerSecond(usual) }));
    stubborn.push(await press({ connections: 4_000 }));
    await service.stop();
  }
  const where = server ? "on PostgreSQL" : "embedded";
  return [
    toLine(`overload ${where}, twice the rate of ${clients} clients`, twice),
    toLine(`overload ${where}, 4,000 clients that try again at once`, stubborn),
  ];
}

const waitsOf = ({ byStatus }: Seen, status: number) => byStatus.get(status)?.waits ?? [];
const storedPerSecond = (seen: Seen) => waitsOf(seen, 200).length / seen.seconds;

function toLine(what: string, rounds: readonly Seen[]): Line {
  for (const { blunt, broken, unanswered, byStatus } of rounds) {
    const others = [...byStatus.keys()].filter((status) => status !== 200 && status !== 503);
    const astray = blunt + broken + unanswered + others.length;
    if (astray > 0)
      throw new Error(`The run does not count: ${astray} posts were neither stored nor refused`);
  }
  const waits = (status: number, percent: number) =>
    spread(rounds.map((seen) => percentile(waitsOf(seen, status), percent)));
  const refused = spread(rounds.map((seen) => waitsOf(seen, 503).length / seen.seconds));
  const p99s = rounds.map((seen) => percentile(waitsOf(seen, 200), 99));
  return {
    what,
    measured: `${spread(rounds.map(storedPerSecond))}/s`,
    detail: `p50 ${waits(200, 50)} ms, p99 ${waits(200, 99)} ms; ${refused}/s refused`,
    target: `p99 of what is accepted < ${promised} ms`,
    reached: Math.max(...p99s) < promised,
  };
}
