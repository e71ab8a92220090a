/**
 * For `app.listen`/`Bun.serve`. `maxRequestBodySize` (bytes) is the ceiling of the largest route: smaller limits are
 * each route's own, because only those answer in the surface's voice. `idleTimeout` (seconds) closes slow clients.
 */
export const serveOptions = {
  maxRequestBodySize: 128 * 1024 * 1024,
  idleTimeout: 10,
  development: false,
} as const;

/**
 * For `new Elysia(…)` of the root. Not compiled before it listens, which takes 30 to 60 ms of a start: `compileRoutes`
 * does it right after. One router, so that every request takes the same way whether the app listens or is called by a
 * test; and any `Host`, for by default Elysia answers 404 to one of less than four letters.
 */
export const appOptions = {
  precompile: false,
  systemRouter: false,
  nativeStaticResponse: false,
  handler: { standardHostname: false },
} as const;
