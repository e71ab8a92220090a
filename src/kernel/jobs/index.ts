import type { TObject } from "@sinclair/typebox";
import type { Kernel } from "#/kernel/kernel";
import type { JobOf, JobsOf } from "./contract";

export { createJobs } from "./create-jobs";

/** A kind of background work: `run(kernel, payload)` at least once per payload; every effect carries a key. */
export type Job<Payload extends TObject = TObject> = JobOf<Kernel, Payload>;

export type Jobs = JobsOf<Kernel>;

/** Gives the payload its type at both ends. */
export const defineJob = <Payload extends TObject>(job: Job<Payload>): Job<Payload> => job;
