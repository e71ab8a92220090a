import { createApp, modules } from "#/app";
import { openMail } from "#/integrations/mail";
import type { Config } from "#/kernel/config";
import { migrate, migrateWhenReachable, migrationStatus, openDatabase } from "#/kernel/db";
import { createJobs } from "#/kernel/jobs";
import type { Kernel, Phase } from "#/kernel/kernel";
import type { Log } from "#/kernel/log";
import { createRateLimits } from "#/kernel/rate-limit";

/** Milliseconds that jobs under way are given when the service stops. */
const DRAIN_MS = 8_000;

export type Service = {
  kernel: Kernel;
  app: ReturnType<typeof createApp>;
  /** Resolves once messages can be stored; rejects with `StartRefusal` when this release may not serve. */
  ready: Promise<void>;
  /** Finishes what runs and closes everything; the server has stopped before. */
  stop(): Promise<void>;
};

/**
 * Builds the kernel and the app: database, jobs, mail, limits, routes. The embedded database is open and
 * migrated when this resolves; PostgreSQL may be away, then the service answers and `readyz` says what is missing.
 */
export async function boot(config: Config, log: Log): Promise<Service> {
  const database = await openDatabase(config, log);
  const jobs = createJobs<Kernel>(
    database,
    modules.flatMap((module) => module.jobs),
    log,
  );
  const mail = await openMail(config, log);
  const now = () => new Date();
  let phase: Phase = "starting";

  const kernel: Kernel = {
    config,
    database,
    db: database.db,
    jobs,
    limits: createRateLimits({ config, database, now }),
    log,
    mail,
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

  const migrations =
    database.kind === "embedded"
      ? migrate(database, log).then(() => {})
      : migrateWhenReachable(database, log).done;
  const ready = migrations.then(async () => {
    await jobs.start(kernel);
    if (phase === "starting") phase = "serving";
  });
  if (database.kind === "embedded") await ready;

  return {
    kernel,
    app: createApp(kernel),
    ready,
    async stop() {
      phase = "draining";
      await jobs.stop(DRAIN_MS);
      await mail.close();
      await database.close();
    },
  };
}
