import type { Kernel } from "#/kernel/kernel";
import { nameError } from "#/kernel/log";
import { formsOf } from "./forms-registry";

/** Half of the two seconds in which a change is seen everywhere. */
const EVERY_MS = 1_000;

/**
 * Reads the team's forms, and on PostgreSQL looks every second for what another process has changed; nobody else writes
 * to an embedded database. While the server is away the forms stay as they were last seen.
 */
export async function watchForms({
  database,
  db,
  log,
}: Pick<Kernel, "database" | "db" | "log">): Promise<{ stop(): void }> {
  const forms = formsOf({ db });
  if (database.kind === "embedded") {
    await forms.refresh();
    return { stop() {} };
  }

  let isLooking = false;
  let isFailing = false;
  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    try {
      await forms.refresh();
      isFailing = false;
    } catch (error) {
      if (!isFailing) log("warn", "forms.refresh_failed", nameError(error));
      isFailing = true;
    } finally {
      isLooking = false;
    }
  };
  await look();
  const timer = setInterval(look, EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
