import pino from "pino";

/** Structured log: one JSON line an event. `event` is `module.what_happened`; fields come from an allow-list. */
export type Log = (
  level: "debug" | "info" | "warn" | "error",
  event: string,
  fields?: Record<string, unknown>,
) => void;

/** Where lines go: a stream of this shape. */
export type LogDestination = { write(line: string): void };

/**
 * What a line may hold, whatever the level. Nothing here can carry what a visitor or a vendor wrote: no path, query,
 * header, body, address of a person, or message of an error.
 */
const allowed = new Set(
  (
    "requestId route method status ms bytes userId error errorCode code reason id module command job jobId form " +
    "submissionId deliveryId channel state attempt attempts count total rows seconds retryAfter version commit schema " +
    "migration seq head unsealed unknown kind transport integration operation component setting settings host port directory file signal exitCode"
  ).split(" "),
);

/** These hold names, so a sentence in them is somebody's message and is dropped. */
const coded = new Set(["error", "errorCode", "code", "reason", "route", "method", "operation"]);
const isName = (text: string) => /^[\w.:/*?-]{1,120}$/.test(text);

/**
 * Standard output, written while the process works and at the latest when it exits. Not in the call: writing to a full
 * pipe would then stop every request (measured 72 us a line, against 2). The lines of one turn of the event loop go out
 * together, for a write each cost more than the line. Beyond 4 MB unwritten, lines are dropped.
 */
function standardOutput(): LogDestination {
  let turn = "";
  const send = () => {
    if (turn !== "") output.write(turn);
    turn = "";
  };
  // Before the listener of the destination: that waits for no write under way, and writes out what stands behind one.
  process.on("exit", () => {
    output.write("");
    send();
  });
  const output = pino.destination({ fd: 1, sync: false, maxLength: 4 * 1024 * 1024 });
  return {
    write(line) {
      if (turn === "") setImmediate(send);
      turn += line;
    },
  };
}

/**
 * A log for one process. Fields that are not on the allow-list are dropped, texts are cut at 200 characters, and of an
 * error only its name stays.
 */
export function createLog(level: Parameters<Log>[0], destination: LogDestination = standardOutput()): Log {
  const logger = pino(
    {
      level,
      base: null,
      messageKey: "event",
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return (at, event, fields) => {
    if (logger.isLevelEnabled(at)) logger[at](fields ? admitted(fields) : {}, event);
  };
}

/** The class of an error and its code (`23505`, `ECONNREFUSED`), for a line; never its message. */
export function nameError(error: unknown): { error: string; errorCode?: string } {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = "code" in error ? String(error.code) : "";
  const name = /^\w{1,60}$/.test(error.name) ? error.name : "Error";
  return /^[A-Z0-9_]{2,40}$/.test(code) ? { error: name, errorCode: code } : { error: name };
}

function admitted(fields: Record<string, unknown>): Record<string, unknown> {
  const line: Record<string, unknown> = {};
  for (const name in fields) {
    if (!allowed.has(name)) continue;
    const value = fields[name];
    if (value instanceof Error) Object.assign(line, nameError(value));
    else if (typeof value === "string") {
      if (!coded.has(name) || isName(value)) line[name] = value.slice(0, 200);
    } else if (typeof value === "number" || typeof value === "boolean") line[name] = value;
    else if (Array.isArray(value)) line[name] = value.filter((item) => typeof item === "string").slice(0, 50);
  }
  return line;
}
