import { join } from "node:path";
import { temporaryFolder } from "../support/folder";
import type { PostgresServer } from "../support/postgres";
import { contradiction, countRows } from "./count-rows";
import { acknowledged, type Load, latencyOf, load, perSecond, type Shot } from "./load";
import { startService } from "./service";
import type { Line } from "./table";
import { median, spread } from "./table";

/** A run, and the processor time of the service for one message, in microseconds: the figure that neighbours disturb least. */
export type Intake = Load & { processorMicros: number };

/** Seconds before a run counts: the machine code of the hot paths is made in them. */
const warmUpSeconds = 3;

/**
 * One run on a fresh database: warm up, load, stop, then hold the table against the answers. Throws when a promise
 * was broken: it is no result if messages were lost on the way to it.
 */
export async function postContacts(shot: Shot, databaseUrl?: string): Promise<Intake> {
  using folder = temporaryFolder();
  const service = await startService(folder.path, databaseUrl);
  const url = `${service.url}/api/contact`;
  const warm = await load(url, { ...shot, seconds: warmUpSeconds });
  const before = service.processorSeconds();
  const measured = await load(url, shot);
  const processorMicros = ((service.processorSeconds() - before) * 1e6) / acknowledged(measured);
  await service.stop();

  const place = { DATA_DIR: join(folder.path, "data") };
  const stored = await countRows(databaseUrl ? { ...place, DATABASE_URL: databaseUrl } : place);
  const promised = acknowledged(warm) + acknowledged(measured);
  const wrong = contradiction(stored, promised, 2 * shot.connections);
  if (wrong) throw new Error(`The run does not count: ${wrong}`);
  return { ...measured, processorMicros };
}

export const postContactsOn = async (server: PostgresServer, template: string, shot: Shot): Promise<Intake> =>
  postContacts(shot, await server.createDatabase(template));

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
