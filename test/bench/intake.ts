import { join } from "node:path";
import { temporaryFolder } from "../support/folder";
import { checkAnswers } from "./check-answers";
import { type Contestant, gatehouse } from "./contestant";
import { contradiction } from "./count-rows";
import { acknowledged, type Load, latencyOf, load, perSecond, type Shot } from "./load";
import type { Line } from "./table";
import { median, spread } from "./table";

/** A run, and the processor time of the service for one message, in microseconds: the figure that neighbours disturb least. */
export type Intake = Load & { processorMicros: number };

export type Field = {
  contestant?: Contestant;
  /** Where the database lies: a PostgreSQL, or embedded in `data` below a directory; else in a fresh directory. */
  databaseUrl?: string | undefined;
  directory?: string;
};

/**
 * One run: contract, warm up, load, stop, then hold the table against the answers. Throws when a promise was broken:
 * it is no result if messages were lost on the way to it.
 */
export async function postContacts(shot: Shot, field: Field = {}): Promise<Intake> {
  using folder = temporaryFolder();
  const { contestant = gatehouse, databaseUrl, directory = folder.path } = field;
  const since = new Date();
  const service = await contestant.start(directory, databaseUrl);
  const url = `${service.url}/api/contact`;
  const checked = await checkAnswers(url);
  const warm = await load(url, { ...shot, seconds: contestant.warmUpSeconds });
  const before = service.processorSeconds();
  const measured = await load(url, shot);
  const processorMicros = ((service.processorSeconds() - before) * 1e6) / acknowledged(measured);
  await service.stop();

  const place = { DATA_DIR: join(directory, "data") };
  const stored = await contestant.count(databaseUrl ? { ...place, DATABASE_URL: databaseUrl } : place, since);
  const promised = checked + acknowledged(warm) + acknowledged(measured);
  const wrong = contradiction(stored, promised, 2 * shot.connections);
  if (wrong) throw new Error(`The run does not count: ${wrong}`);
  return { ...measured, processorMicros };
}

/** The line of some rounds of the same shot. */
export function toLine(what: string, loads: readonly Intake[]): Line {
  const refused = loads.reduce((sum, one) => sum + one.refused + one.broken, 0);
  const detail = `${latencyOf(loads)}; ${spread(loads.map(({ processorMicros }) => processorMicros))} µs of processor each`;
  return {
    what,
    measured: `${spread(loads.map(perSecond))}/s`,
    detail: refused > 0 ? `${detail}; ${refused} refused or broken` : detail,
  };
}

export const medianRate = (loads: readonly Intake[]) => median(loads.map(perSecond));
