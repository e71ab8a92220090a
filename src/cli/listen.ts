import { mkdirSync } from "node:fs";
import type { Config } from "#/kernel/config";
import { controlSocketOf, serveControl } from "#/kernel/control";
import { StartRefusal } from "#/kernel/db/start-refusal";
import { markPrivate, serveOptions } from "#/kernel/http";
import type { Tools } from "#/kernel/kernel";
import { type Log, nameError } from "#/kernel/log";
import { controlHandlers } from "./control-handlers";
import { exitCodes } from "./exit-codes";

type App = {
  listen(options: object): unknown;
  handle(request: Request): Response | Promise<Response>;
  server: { port?: number | undefined } | null;
};

/** Listens on `HOST` and `PORT`, and answers the port, which is another one where 0 was asked for. */
export function listenPublicly(app: App, { HOST, PORT }: Pick<Config, "HOST" | "PORT">): number {
  try {
    app.listen({ ...serveOptions, hostname: HOST, port: PORT });
  } catch (error) {
    throw new StartRefusal(exitCodes.failed, describe(error, HOST, PORT), error);
  }
  return app.server?.port ?? PORT;
}

function describe(error: unknown, host: string, port: number): string {
  const { code = "unknown error" } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") return `Port ${port} on ${host} is taken: stop who listens there, or set PORT`;
  if (code === "EACCES") return `Port ${port} may not be used by this user: set PORT to 1024 or more`;
  return `Cannot listen on ${host}, port ${port} (${code}): set HOST and PORT to an address of this machine`;
}

/**
 * The private socket for commands and health checks. The embedded database can be reached by no other way, so the start
 * stops where it cannot be opened, save in a folder whose path is too long for a socket, unless a path was asked for.
 * On PostgreSQL the service runs without it: the folder may be read-only, or shared with another server.
 */
export async function listenPrivately(
  app: App,
  config: Pick<Config, "CONTROL_SOCKET" | "DATA_DIR" | "DATABASE_URL">,
  { tools, log }: { tools: Tools; log: Log },
): Promise<{ close(): Promise<void> } | undefined> {
  const path = controlSocketOf(config);
  try {
    if (config.DATABASE_URL && config.CONTROL_SOCKET === undefined)
      mkdirSync(config.DATA_DIR, { recursive: true, mode: 0o700 });
    return await serveControl(path, controlHandlers(tools), log, (request) =>
      app.handle(markPrivate(request)),
    );
  } catch (error) {
    const isNeeded = config.CONTROL_SOCKET !== undefined || !(error instanceof StartRefusal);
    if (isNeeded && !config.DATABASE_URL) throw error;
    log("warn", "control.unavailable", { setting: "CONTROL_SOCKET", ...nameError(error) });
  }
}
