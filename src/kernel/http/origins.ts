/** A compiled list of allowed origins. `any` is open mode: nothing is listed. */
type OriginList = { exact: ReadonlySet<string>; wildcards: readonly Wildcard[] };
type Wildcard = { scheme: string; suffix: string; port: string };

/**
 * Whether an `Origin` (or an origin taken from `Referer`) is on the list. Entries are full origins, or
 * `https://*.example.com` for one or more labels below it and not the apex; `example.com` and `www.example.com` are
 * one site; the service's own `publicUrl` always counts. Compared after parsing, never by substring.
 */
export function originAllowed(
  origin: string,
  allowed: readonly string[],
  publicUrl: string | undefined,
): boolean {
  const list = compiled(allowed, publicUrl);
  if (list.exact.has(origin)) return true;
  const url = parseOrigin(origin);
  if (!url) return false;
  return list.exact.has(url.origin) || list.wildcards.some((wildcard) => isBelow(url, wildcard));
}

/** Whether a host, named without scheme and port, is that of an origin on the list; as `originAllowed` otherwise. */
export function hostAllowed(
  host: string,
  allowed: readonly string[],
  publicUrl: string | undefined,
): boolean {
  const { exact, wildcards } = compiled(allowed, publicUrl);
  const isListed = [...exact].some((origin) => URL.parse(origin)?.hostname === host);
  return isListed || wildcards.some(({ suffix }) => host.endsWith(suffix) && host.length > suffix.length);
}

/** A serialised http(s) origin and nothing more: no path, no credentials. `null` and rubbish are undefined. */
export function parseOrigin(text: string): URL | undefined {
  const url = text.length <= 300 ? URL.parse(text) : null;
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) return;
  const bare =
    url.pathname === "/" &&
    url.search === "" &&
    url.hash === "" &&
    url.username === "" &&
    url.password === "";
  return bare && !/[\s\\?#@*]|\/$/.test(text) ? url : undefined;
}

const lists = new WeakMap<readonly string[], { publicUrl: string | undefined; list: OriginList }>();

/** Lists come from the configuration and the catalogue and do not change, so each is parsed once. */
function compiled(allowed: readonly string[], publicUrl: string | undefined): OriginList {
  const kept = lists.get(allowed);
  if (kept && kept.publicUrl === publicUrl) return kept.list;
  const list = compile(publicUrl === undefined ? allowed : [...allowed, URL.parse(publicUrl)?.origin ?? ""]);
  lists.set(allowed, { publicUrl, list });
  return list;
}

function compile(entries: readonly string[]): OriginList {
  const exact = new Set<string>();
  const wildcards: Wildcard[] = [];
  for (const entry of entries) {
    const text = entry.trim().replace(/\/$/, "");
    const url = parseOrigin(text.replace("://*.", "://"));
    if (!url) continue;
    if (text.includes("://*.")) {
      wildcards.push({ scheme: url.protocol, suffix: `.${url.hostname}`, port: url.port });
    } else {
      exact.add(url.origin);
      exact.add(wwwTwin(url));
    }
  }
  return { exact, wildcards };
}

function wwwTwin(url: URL): string {
  const twin = new URL(url.origin);
  twin.hostname = url.hostname.startsWith("www.") ? url.hostname.slice(4) : `www.${url.hostname}`;
  return twin.origin;
}

const isBelow = (url: URL, { scheme, suffix, port }: Wildcard) =>
  url.protocol === scheme &&
  url.port === port &&
  url.hostname.endsWith(suffix) &&
  url.hostname.length > suffix.length;
