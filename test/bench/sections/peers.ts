import type { Bench, Section } from "../bench";
import { type Contestant, gatehouse } from "../contestant";
import { type Intake, medianRate, postContacts, toLine } from "../intake";
import { perSecond } from "../load";
import { migratedDatabase } from "../migrated-database";
import { preparePeerDatabase } from "../peers/database";
import { findPython } from "../peers/find-python";
import { fastapi, flask, type Peer } from "../peers/peer";
import type { Line } from "../table";

export const peers: Section = { name: "peers", needs: ["wrk", "a PostgreSQL server"], measure: measurePeers };

const crowds = [64, 500];

/** There is much to take turns. */
const maxSeconds = 3;

type Run = (entrant: Entrant, shot: { connections: number; seconds: number }) => Promise<Intake>;
type Entrant = { what: string; contestant: Contestant; template: string; factor?: number };

/** Ours and what else a small site would be written in take turns on one PostgreSQL, a fresh database each time. */
async function measurePeers(bench: Bench): Promise<Line[]> {
  const server = bench.postgres();
  const run: Run = async ({ contestant, template }, shot) => {
    const databaseUrl = await server.createDatabase(template);
    return postContacts({ ...shot, kind: "json" }, { contestant, databaseUrl });
  };
  const own = { what: "Gatehouse", contestant: gatehouse, template: await migratedDatabase(server) };
  const entrants: Entrant[] = [own, ...(await enterPeers(bench, await preparePeerDatabase(server), run))];

  const loads = crowds.map(() => entrants.map((): Intake[] => []));
  const seconds = Math.min(bench.seconds, maxSeconds);
  for (let round = 0; round < bench.rounds; round++) {
    for (const [at, connections] of crowds.entries()) {
      for (const [who, entrant] of entrants.entries()) {
        loads[at]![who]!.push(await run(entrant, { connections, seconds }));
      }
    }
  }
  return crowds.flatMap((connections, at) => toLines(connections, entrants, loads[at]!));
}

/** Each at its best; a peer that is not installed is left out. */
async function enterPeers({ leaveOut }: Bench, template: string, run: Run): Promise<Entrant[]> {
  const entrants: Entrant[] = [];
  for (const peer of [flask, fastapi]) {
    const python = await findPython(peer.modules);
    if (python) {
      const variants = peer.variants.map((variant) => toEntrant(peer, variant, python, template));
      entrants.push(await bestOf(variants, run));
    } else {
      const modules = peer.modules.join(", ");
      leaveOut(`peers: ${peer.name}, for no python3 here has ${modules} (Debian: ${peer.packages})`);
    }
  }
  return entrants;
}

/** Ours first; the others beside how many times theirs it is. */
function toLines(connections: number, entrants: readonly Entrant[], loads: readonly Intake[][]): Line[] {
  const ours = medianRate(loads[0]!);
  return entrants.map(({ what, factor }, who) => {
    const line = toLine(`contact posts, ${what}, ${connections} connections`, loads[who]!);
    if (factor === undefined) return line;
    const theirs = medianRate(loads[who]!);
    // One that stored nothing proves nothing about ours.
    if (theirs === 0) return { ...line, target: `ours ≥ ${factor} ×; it stored nothing`, reached: false };
    const ratio = ours / theirs;
    return { ...line, target: `ours ≥ ${factor} ×; ${ratio.toFixed(1)} ×`, reached: ratio >= factor };
  });
}

const toEntrant = (
  peer: Peer,
  variant: Peer["variants"][number],
  python: string,
  template: string,
): Entrant => ({
  what: `${peer.name}, ${variant.what}`,
  contestant: peer.contestant(python, variant.options),
  template,
  factor: peer.factor,
});

/** The variant that stores most in two seconds. */
async function bestOf(variants: readonly Entrant[], run: Run): Promise<Entrant> {
  let best = { entrant: variants[0]!, rate: 0 };
  for (const entrant of variants.length > 1 ? variants : []) {
    const rate = perSecond(await run(entrant, { connections: 64, seconds: 2 }));
    if (rate > best.rate) best = { entrant, rate };
  }
  return best.entrant;
}
