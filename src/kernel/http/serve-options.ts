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
 * For `new Elysia(…)` of the root. Compiled at start so that a route that cannot be compiled is found there; one
 * router, so that every request takes the same way whether the app listens or is called by a test; and any `Host`, for
 * by default Elysia answers 404 to one of less than four letters.
 */
export const appOptions = {
  precompile: true,
  systemRouter: false,
  nativeStaticResponse: false,
  handler: { standardHostname: false },
} as const;
