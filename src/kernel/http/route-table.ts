/** What is known of an address: its pattern as registered, and the methods it takes, in the order of `Allow`. */
export type RouteEntry = { pattern: string; methods: readonly string[] };

type Dynamic = { segments: readonly string[]; entry: RouteEntry };
type Registered = { readonly method: string; readonly path: string };

const order = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/**
 * Answers what Elysia does not say: which pattern a path belongs to and which methods it takes. HEAD comes with GET,
 * OPTIONS always. Paths are compared as sent; one trailing slash makes no difference.
 */
export function routeTable(routes: readonly Registered[]): (path: string) => RouteEntry | undefined {
  const fixed = new Map<string, RouteEntry>();
  const dynamic: Dynamic[] = [];
  for (const [pattern, methods] of methodsByPattern(routes)) {
    const entry = { pattern, methods: allowed(methods) };
    const path = trimmed(pattern);
    if (/[:*]/.test(path)) dynamic.push({ segments: path.split("/"), entry });
    else fixed.set(path, entry);
  }

  return (sent) => {
    const path = trimmed(sent);
    const known = fixed.get(path);
    if (known) return known;
    const segments = path.split("/");
    return dynamic.find((candidate) => matches(candidate.segments, segments))?.entry;
  };
}

function methodsByPattern(routes: readonly Registered[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { method, path } of routes) {
    const methods = found.get(path) ?? new Set();
    for (const one of method === "ALL" ? order : [method === "WS" ? "GET" : method]) methods.add(one);
    found.set(path, methods);
  }
  return found;
}

function allowed(methods: ReadonlySet<string>): string[] {
  return order.filter(
    (method) => methods.has(method) || method === "OPTIONS" || (method === "HEAD" && methods.has("GET")),
  );
}

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  for (const [i, part] of pattern.entries()) {
    if (part === "*") return path.length > i;
    const segment = path[i];
    if (part.startsWith(":")) {
      if (segment === undefined ? !part.endsWith("?") : segment === "") return false;
    } else if (part !== segment) return false;
  }
  return path.length <= pattern.length;
}

const trimmed = (path: string) => (path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path);

type WithHooks = Registered & { readonly hooks?: { body?: unknown; parse?: unknown } };

/**
 * Throws for a route whose body Elysia's own parsers would read: they take look-alikes of JSON and any depth. A route
 * with a body uses `jsonBody`, or says `parse: "none"` and reads it itself.
 */
export function checkBodies(routes: readonly WithHooks[]): void {
  for (const { method, path, hooks } of routes) {
    const parsers = [hooks?.parse ?? []].flat();
    if (hooks?.body !== undefined && parsers.length === 0) {
      throw Object.assign(
        new Error(`Cannot serve ${method} ${path}: its body needs jsonBody, or parse "none"`),
        {
          name: "RouteError",
        },
      );
    }
  }
}
