import { boot } from "#/boot";
import { type Config, loadConfig } from "#/kernel/config";
import { serveOptions } from "#/kernel/http";
import { createLog, type Log, nameError } from "#/kernel/log";
import { version } from "#/kernel/version";
import { type Help, print, readArguments } from "./command";
import { exitCodes } from "./exit-codes";

/** Milliseconds that requests under way are given when the service stops. */
const FINISH_MS = 8_000;

export const help: Help = {
  usage: "",
  summary: "Serve, until SIGTERM or SIGINT",
  details:
    "With no configuration on http://127.0.0.1:8000 with the embedded database in ./data. The settings are in the README.\nA stop finishes what was accepted and ends within ten seconds.",
  exits: ["failed", "locked", "breakingMigration", "configuration", "storage"],
};

export async function run(args: string[]): Promise<number> {
  readArguments(args, { options: {} });
  const config = loadConfig();
  const log = createLog(config.LOG_LEVEL);
  if (config.placeholders.length > 0)
    log("warn", "config.sample_values_ignored", { settings: config.placeholders });

  const service = await boot(config, log);
  const { app } = service;
  app.listen({ ...serveOptions, hostname: config.HOST, port: config.PORT });
  announce(config, log, app.server?.port ?? config.PORT);

  const stopped = untilSignal();
  const refused = service.ready.then(() => stopped);
  try {
    log("info", "service.stopping", { signal: await Promise.race([stopped, refused]) });
    return exitCodes.done;
  } finally {
    await finish(app, log);
    await service.stop();
  }
}

/** No new connections; those accepted get their answer, at most for `FINISH_MS`. */
async function finish(app: { stop(force?: boolean): Promise<unknown> }, log: Log): Promise<void> {
  const timer = setTimeout(() => void app.stop(true), FINISH_MS);
  try {
    await app.stop();
  } catch (error) {
    log("warn", "service.stop_failed", nameError(error));
  } finally {
    clearTimeout(timer);
  }
}

function untilSignal(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve(signal));
  return promise;
}

/** For a person who just started it: where to look. Under a supervisor the log line says as much. */
function announce(config: Config, log: Log, port: number): void {
  log("info", "service.listening", {
    host: config.HOST,
    port,
    version,
    kind: config.DATABASE_URL ? "postgres" : "embedded",
  });
  if (config.production) return;
  const url = `http://${config.HOST === "0.0.0.0" ? "localhost" : config.HOST}:${port}`;
  print(
    [
      "",
      `  Gatehouse ${version} is serving on ${url}`,
      "",
      `  Forms          ${url}/f/contact   POST ${url}/api/contact`,
      `  Documentation  ${url}/docs`,
      `  Health         ${url}/health   ${url}/api/v1/readyz`,
      "",
    ].join("\n"),
  );
}
