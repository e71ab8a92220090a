import { countRows, type Place, type Stored } from "./count-rows";
import { startService } from "./service";

/** A server under load. */
export type Running = {
  url: string;
  /** Processor time it has used so far, with its children, in seconds. */
  processorSeconds(): number;
  /** Ends it as a supervisor does; resolves when it is gone. */
  stop(): Promise<void>;
};

/** What takes contact posts: ours, or a peer that keeps the same contract. */
export type Contestant = {
  /** Seconds before a run counts: the machine code of the hot paths is made in them. */
  warmUpSeconds: number;
  /** Starts it on a prepared database, embedded without a URL; resolves when it answers. */
  start(directory: string, databaseUrl?: string): Promise<Running>;
  /** What was stored since then, once it has stopped. */
  count(place: Place, since: Date): Promise<Stored>;
};

export const gatehouse: Contestant = { warmUpSeconds: 3, start: startService, count: countRows };
