import { type Origin, originOf } from "#/kernel/audit";
import type { HashCaller } from "#/kernel/crypto";
import { clientOf } from "#/kernel/http";
import { hashCaller } from "./hash-caller";

/** Whoever sent a request: for the audit, for the queue of those who wait for a hash, and its network. */
export type Caller = { origin: Origin; hashing: HashCaller; client: string };

export const callerOf = (request: Request): Caller => ({
  origin: originOf(request),
  hashing: hashCaller(request),
  client: clientOf(request).key,
});
