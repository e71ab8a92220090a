/** Structured log: one JSON line an event. `event` is `module.what_happened`; fields come from an allow-list. */
export type Log = (
  level: "debug" | "info" | "warn" | "error",
  event: string,
  fields?: Record<string, unknown>,
) => void;
