import type { Alerts } from "./alerts/contract";
import type { Captcha } from "./captcha";
import type { Chat } from "./chat";
import type { Config } from "./config";
import type { Crm } from "./crm";
import type { HashQueue } from "./crypto";
import type { Database, Db } from "./db";
import type { HttpClient } from "./http-client/contract";
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
export type Tools = Pick<
  Kernel,
  "chat" | "crm" | "database" | "db" | "hashing" | "http" | "jobs" | "log" | "mail"
> & {
  config: Pick<Config, "production" | "PUBLIC_URL" | "PORT" | "PASSWORD_MIN_LENGTH">;
};

/** What every module is given: built once by `boot.ts`, passed as an argument, never imported as a value. */
export type Kernel = {
  alerts: Alerts;
  captcha: Captcha;
  chat: Chat;
  config: Config;
  crm: Crm;
  database: Database;
  db: Db;
  /** All hashing of passwords goes through it. */
  hashing: HashQueue;
  http: HttpClient;
  jobs: JobsOf<Kernel>;
  limits: RateLimits;
  log: Log;
  mail: Mail;
  metrics: Metrics;
  readiness: ReadinessChecks;
  /** The clock of the process; tests replace it. Leases and expiries use the database's. */
  now: () => Date;
};
