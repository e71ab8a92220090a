import type { Config } from "./config";
import type { HashQueue } from "./crypto";
import type { Database, Db } from "./db";
import type { JobsOf } from "./jobs/contract";
import type { Log } from "./log";
import type { Mail } from "./mail/contract";
import type { Metrics } from "./metrics";
import type { RateLimits } from "./rate-limit";

export type Phase = "starting" | "serving" | "draining";

/** What the service needs in order to store a message, asked by `readyz`. */
export type ReadinessChecks = {
  phase: () => Phase;
  checks: Record<string, () => Promise<{ ok: boolean; detail: string }>>;
};

/** What a command works with, beside a server or within one: no routes, no workers, no secrets. */
export type Tools = Pick<Kernel, "database" | "db" | "hashing" | "jobs" | "log" | "mail"> & {
  config: Pick<Config, "production" | "PUBLIC_URL" | "PORT" | "PASSWORD_MIN_LENGTH">;
};

/** What every module is given: built once by `boot.ts`, passed as an argument, never imported as a value. */
export type Kernel = {
  config: Config;
  database: Database;
  db: Db;
  /** All hashing of passwords goes through it. */
  hashing: HashQueue;
  jobs: JobsOf<Kernel>;
  limits: RateLimits;
  log: Log;
  mail: Mail;
  metrics: Metrics;
  readiness: ReadinessChecks;
  /** The clock of the process; tests replace it. Leases and expiries use the database's. */
  now: () => Date;
};
