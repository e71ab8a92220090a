import type { HashCaller } from "#/kernel/crypto";
import { clientOf } from "#/kernel/http";

/** Whoever sent the request, for the hash queue. */
export const hashCaller = (request: Request): HashCaller => ({
  client: clientOf(request).key,
  signal: request.signal,
});
