/**
 * Chooses by path, the first pair that matches wins: `/health` is that address alone, `/api/*` is `/api` and all below
 * it. One trailing slash makes no difference, as in the router.
 */
export function byPath<T>(pairs: readonly (readonly [pattern: string, value: T])[], fallback: T) {
  const rules = pairs.map(([pattern, value]) => {
    const open = pattern.endsWith("/*");
    const base = open ? pattern.slice(0, -2) : pattern;
    return { base, below: `${base}/`, open, value };
  });

  return (path: string): T => {
    for (const { base, below, open, value } of rules) {
      if (path === base || path === below || (open && path.startsWith(below))) return value;
    }
    return fallback;
  };
}

/** The path of a request's URL as it was sent: not decoded, without query. */
export function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  if (start === -1) return "/";
  const query = url.indexOf("?", start);
  return query === -1 ? url.slice(start) : url.slice(start, query);
}
