import { type App, createApp, modules } from "#/app";
import { openCaptcha } from "#/integrations/captcha";
import { type CrmConfig, openCrm } from "#/integrations/crm";
import { openMail } from "#/integrations/mail";
import { openChat } from "#/integrations/slack";
import { createAlerts, raiseDeadJob, sendAlert } from "#/kernel/alerts";
import { auditJobs, measureAudit, startSealing } from "#/kernel/audit";
import type { Config } from "#/kernel/config";
import { createHashQueue } from "#/kernel/crypto";
import { measureDatabase, migrate, migrateWhenReachable, migrationStatus, openDatabase } from "#/kernel/db";
import { createHttpClient } from "#/kernel/http-client";
import { createJobs } from "#/kernel/jobs";
import type { Kernel, Phase, Tools } from "#/kernel/kernel";
import type { Log } from "#/kernel/log";
import { createMetrics, type Metrics, readProcess, watchEventLoop } from "#/kernel/metrics";
import { createRateLimits } from "#/kernel/rate-limit";

/** For `doctor`, which probes both before there is a database. */
export { openCrm, openMail };

export type Service = {
  kernel: Kernel;
  app: App;
  /** Resolves once messages can be stored; rejects with `StartRefusal` when this release may not serve. */
  ready: Promise<void>;
  /** From now on `readyz` says that it is leaving. */
  drain(): void;
  /** Gives jobs under way `timeoutMs` and closes everything; the server has stopped before. */
  stop(timeoutMs: number): Promise<void>;
};

export type ToolsConfig = Parameters<typeof openDatabase>[0] &
  Parameters<typeof openMail>[0] &
  Parameters<typeof openChat>[0] &
  CrmConfig &
  Tools["config"] &
  Pick<Config, "HASH_SLOTS" | "HASH_MAX_WAIT_MS">;

/**
 * Builds the kernel and the app: database, jobs, mail, limits, routes. The embedded database is open and
 * migrated when this resolves; PostgreSQL may be away, then the service answers and `readyz` says what is missing.
 */
export async function boot(config: Config, log: Log): Promise<Service> {
  const { tools, metrics, close } = await openTools(config, log);
  const { database, jobs } = tools;
  const now = () => new Date();
  const stopWatching = watchEventLoop(metrics);
  readProcess(metrics, database.kind);
  measureAudit(metrics, database.db);
  let sealing: ReturnType<typeof startSealing> | undefined;
  let phase: Phase = "starting";

  const kernel: Kernel = {
    ...tools,
    alerts: createAlerts(tools),
    captcha: openCaptcha(config, tools),
    config,
    limits: createRateLimits({ config, database, now, metrics }),
    metrics,
    now,
    readiness: {
      phase: () => phase,
      checks: {
        database: () => database.check(),
        migrations: async () => {
          const { applied, pending } = await migrationStatus(database);
          return { ok: pending.length === 0, detail: `${applied.length} applied, ${pending.length} pending` };
        },
        disk: async () => ({ ok: database.hasRoom(), detail: database.hasRoom() ? "room" : "nearly full" }),
        jobs: () => jobs.check(),
      },
    },
  };

  const started: { stop(): void }[] = [];
  const stopModules = () => {
    for (const one of started.splice(0)) one.stop();
  };
  const work = async () => {
    for (const module of modules) if (module.start) started.push(await module.start(kernel));
    await jobs.start(kernel, (job) => void raiseDeadJob(kernel.alerts, job));
    if (phase !== "starting") return stopModules();
    phase = "serving";
    sealing = startSealing(database.db, log);
  };
  let ready: Promise<void>;
  let stopMigrating = () => {};
  if (database.kind === "embedded") {
    ready = migrate(database, log).then(work);
    await ready.catch(async (error) => {
      await close();
      throw error;
    });
  } else {
    const migrating = migrateWhenReachable(database, log);
    ready = migrating.done.then(work);
    stopMigrating = migrating.stop;
  }

  return {
    kernel,
    app: createApp(kernel),
    ready,
    drain() {
      phase = "draining";
    },
    async stop(timeoutMs) {
      stopMigrating();
      stopWatching();
      stopModules();
      // A job may write events, so the last seal follows the last of them.
      await jobs.stop(timeoutMs);
      await sealing?.stop();
      await close();
    },
  };
}

/** For a command that found no server: the database as it is, and what stands on it. Nothing is migrated or worked. */
export async function openTools(
  config: ToolsConfig,
  log: Log,
): Promise<{ tools: Tools; metrics: Metrics; close(timeoutMs?: number): Promise<void> }> {
  const database = await openDatabase(config, log);
  const metrics = createMetrics();
  measureDatabase(metrics, database);
  const jobs = createJobs<Kernel>(
    database,
    [...auditJobs, sendAlert, ...modules.flatMap((module) => module.jobs)],
    log,
    { metrics },
  );
  const http = createHttpClient({ log, metrics });
  const mail = await openMail(config, log, http);
  const hashing = createHashQueue({ slots: config.HASH_SLOTS, maxWaitMs: config.HASH_MAX_WAIT_MS, metrics });
  return {
    tools: {
      chat: openChat(config, http),
      config,
      crm: openCrm(config, http, log),
      database,
      db: database.db,
      hashing,
      http,
      jobs,
      log,
      mail,
    },
    metrics,
    async close(timeoutMs = 0) {
      await jobs.stop(timeoutMs);
      await mail.close();
      await database.close();
    },
  };
}
