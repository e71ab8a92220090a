import type { Job } from "./jobs";

/** What a module offers beside its routes. `app.ts` lists the modules; `boot.ts` gathers their jobs. */
export type Module = { name: string; jobs: readonly Job[] };
