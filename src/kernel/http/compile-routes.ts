import { setImmediate } from "node:timers/promises";
import type { AnyElysia } from "elysia";

/**
 * Compiles every route, one a turn of the event loop, so that the first visitors need not wait for all of them. Throws
 * for a route that cannot be compiled, which would otherwise be found by whoever first asks for it.
 */
export async function compileRoutes(app: AnyElysia): Promise<void> {
  for (const route of app.router.history) {
    await setImmediate();
    route.compile();
  }
}
