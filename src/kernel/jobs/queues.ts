import type { PgBoss, QueueResult } from "pg-boss";
import type { JobOf } from "./contract";

/** A run whose process stopped reporting is taken over after this long. Reports are sent every `beatSeconds`. */
const heartbeatSeconds = 20;
export const beatSeconds = 5;

const day = 24 * 3600;

/**
 * Creates the queues this release knows and brings the settings of existing ones up to date. Queues of other
 * releases are left alone: after a rollback their jobs wait for the release that knows them.
 */
export async function ensureQueues(boss: PgBoss, jobs: readonly JobOf<never>[]): Promise<void> {
  const existing = new Map((await boss.getQueues()).map((queue) => [queue.name, queue]));
  for (const job of jobs) {
    const wanted = settingsOf(job);
    const found = existing.get(job.name);
    if (found && isUpToDate(found, wanted)) continue;
    await (found ? boss.updateQueue(job.name, wanted) : boss.createQueue(job.name, wanted));
  }
}

/**
 * Fills the queue cache, outside any transaction. A miss inside `insert` asks another connection, and PGlite has
 * one: it hangs. `start` fills it too, but says nothing when it could not.
 */
export async function warmQueues(boss: PgBoss, jobs: readonly JobOf<never>[]): Promise<void> {
  for (const { name } of jobs) await boss.findJobs(name, { id: "00000000-0000-0000-0000-000000000000" });
}

/** A kind that lost its schedule is unscheduled; kinds this release does not know keep theirs. */
export async function ensureSchedules(boss: PgBoss, jobs: readonly JobOf<never>[]): Promise<void> {
  const existing = new Map((await boss.getSchedules()).map((schedule) => [schedule.name, schedule.cron]));
  for (const { name, schedule } of jobs) {
    if (existing.get(name) === schedule) continue;
    // A run that came due while nothing was up is made up for, once.
    await (schedule ? boss.schedule(name, schedule, {}, { missed: "once" }) : boss.unschedule(name));
  }
}

type Settings = ReturnType<typeof settingsOf>;

const settingsOf = ({ retryLimit = 5, retryDelaySeconds = 5, leaseSeconds = 60 }: JobOf<never>) => ({
  retryLimit,
  retryDelay: retryDelaySeconds,
  retryBackoff: true,
  retryDelayMax: 600,
  expireInSeconds: leaseSeconds,
  heartbeatSeconds,
  // Finished jobs are deleted at once, so this is how long a dead one stays visible.
  deleteAfterSeconds: 30 * day,
  retentionSeconds: 60 * day,
});

const isUpToDate = (queue: QueueResult, wanted: Settings): boolean =>
  Object.entries(wanted).every(([name, value]) => queue[name as keyof Settings] === value);
