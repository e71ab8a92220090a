import type { Config } from "./config";
import type { Database, Db } from "./db";
import type { JobsOf } from "./jobs/contract";
import type { Log } from "./log";
import type { Mail } from "./mail/contract";
import type { RateLimits } from "./rate-limit";

/** What every module is given: built once by `boot.ts`, passed as an argument, never imported as a value. */
export type Kernel = {
  config: Config;
  database: Database;
  db: Db;
  jobs: JobsOf<Kernel>;
  limits: RateLimits;
  log: Log;
  mail: Mail;
  /** The clock of the process; tests replace it. Leases and expiries use the database's. */
  now: () => Date;
};
