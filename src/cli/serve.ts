import { boot } from "#/boot";
import { loadConfig } from "#/kernel/config";
import { compileRoutes } from "#/kernel/http";
import { createLog, type Log, nameError } from "#/kernel/log";
import { announce, warnOfSettings } from "./announce";
import { type Help, readArguments } from "./command";
import { exitCodes } from "./exit-codes";
import { listenPrivately, listenPublicly } from "./listen";
import { showSetupLink } from "./show-setup-link";

/**
 * Milliseconds from the signal. In the first ones requests are still taken and each answer closes its connection:
 * a server that stops at once drops those that are on their way over kept connections.
 * Then for the requests under way, for those and the jobs, and for everything.
 */
const LAME_DUCK_MS = 300;
const REQUESTS_MS = 7_000;
const WORK_MS = 8_500;
const EVERYTHING_MS = 9_500;

export const help: Help = {
  usage: "",
  summary: "Serve, until SIGTERM or SIGINT",
  details: [
    "With no configuration on http://127.0.0.1:8000 with the embedded database in ./data. The settings are in the\nREADME; `gatehouse doctor` shows them. PORT=0 takes a free port and prints it.",
    "A stop finishes what was accepted and ends within ten seconds; a second signal ends at once.",
  ].join("\n\n"),
  exits: ["failed", "locked", "breakingMigration", "configuration", "storage"],
};

export async function run(args: string[]): Promise<number> {
  readArguments(args, { options: {} });
  const config = loadConfig();
  const log = createLog(config.LOG_LEVEL);
  const service = await boot(config, log);
  warnOfSettings(config, log);
  const { app, kernel } = service;
  const stopped = untilSignal();
  let control: Awaited<ReturnType<typeof listenPrivately>>;
  try {
    control = await listenPrivately(app, config, { tools: kernel, log });
    const port = listenPublicly(app, config);
    announce(config, log, port);
    service.ready.then(
      () => showSetupLink(kernel, { ...config, PORT: port }),
      () => {},
    );
    const refused = Promise.all([service.ready, compileRoutes(app)]).then(() => stopped);
    log("info", "service.stopping", { signal: await Promise.race([stopped, refused]) });
    return exitCodes.done;
  } finally {
    const since = performance.now();
    endLate(log);
    service.drain();
    if (app.server) await Bun.sleep(LAME_DUCK_MS);
    await finishRequests(app, log);
    await control?.close();
    await service.stop(Math.max(WORK_MS - (performance.now() - since), 500));
  }
}

/** No new connections; those accepted get their answer, at most for `REQUESTS_MS`. */
async function finishRequests(
  app: Parameters<typeof listenPublicly>[0] & Stoppable,
  log: Log,
): Promise<void> {
  if (!app.server) return;
  const timer = setTimeout(() => void app.stop(true), REQUESTS_MS);
  try {
    await app.stop();
  } catch (error) {
    log("warn", "service.stop_failed", nameError(error));
  } finally {
    clearTimeout(timer);
  }
}

type Stoppable = { stop(force?: boolean): Promise<unknown> };

/** Whatever hangs, a stop ends in time: the supervisor would kill the process without a word. */
function endLate(log: Log): void {
  setTimeout(() => {
    log("error", "service.stopped_late");
    process.exit(exitCodes.failed);
  }, EVERYTHING_MS).unref();
}

/** The first signal. A second one finds no listener, so it ends the process as it does by default. */
function untilSignal(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const signals = ["SIGTERM", "SIGINT"] as const;
  const listen = (signal: string) => {
    for (const each of signals) process.removeListener(each, listen);
    resolve(signal);
  };
  for (const signal of signals) process.on(signal, listen);
  return promise;
}
