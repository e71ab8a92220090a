import type { Job } from "./jobs";
import type { Kernel } from "./kernel";

/** What a module offers beside its routes. `app.ts` lists the modules; `boot.ts` gathers their jobs and starts them. */
export type Module = {
  name: string;
  jobs: readonly Job[];
  /** Runs once the schema is there, before the first job; whatever it keeps running ends with `stop`. */
  start?(kernel: Kernel): Promise<{ stop(): void }>;
};
