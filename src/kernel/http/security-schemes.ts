/** How a caller says who it is, by the names of the OpenAPI document. */
export type SchemeName = "bearer" | "metricsToken";

const schemes = new WeakMap<object, SchemeName>();

/**
 * Marks a hook that refuses whoever does not show this: the document reads it off every route behind the hook.
 * Elysia keeps the `detail` of a guard to the plugin that declares it, so a plugin cannot document its users' routes.
 */
export function securedBy<Hook extends object>(scheme: SchemeName, hook: Hook): Hook {
  schemes.set(hook, scheme);
  return hook;
}

/** Ways to the same token: pasted, or by a sign-in from the page of the documentation. */
const alternatives: Record<SchemeName, readonly string[]> = {
  bearer: ["bearer", "password"],
  metricsToken: ["metricsToken"],
};

/** What the hooks of a route ask for, by the names of the document; empty where anybody may call it. */
export function schemesOf(hooks: readonly unknown[]): string[] {
  const functions = hooks.map((hook) => (isHook(hook) ? hook.fn : hook));
  const found = functions.flatMap((one) => (typeof one === "function" ? (schemes.get(one) ?? []) : []));
  return [...new Set(found.flatMap((name) => alternatives[name]))];
}

const isHook = (hook: unknown): hook is { fn: unknown } =>
  typeof hook === "object" && hook !== null && "fn" in hook;
