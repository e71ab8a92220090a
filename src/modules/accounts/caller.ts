import type { Origin } from "#/kernel/audit";
import { originOf } from "#/kernel/audit";
import type { HashCaller } from "#/kernel/crypto";
import { hashCaller } from "./hash-caller";

/** Whoever sent a request: for the audit, and for the queue of those who wait for a hash. */
export type Caller = { origin: Origin; hashing: HashCaller };

export const callerOf = (request: Request): Caller => ({
  origin: originOf(request),
  hashing: hashCaller(request),
});
