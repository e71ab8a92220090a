/** Which places a visitor may be sent to after success. */
export type NextPlaces = {
  /** `PUBLIC_URL`; undefined when the operator set none. */
  publicUrl: string | undefined;
  /** Whether the form belongs to an origin (`originAllowed`); undefined in open mode. */
  isListed: ((origin: string) => boolean) | undefined;
  /** Origin of the page that posted, from `Origin` or the verified `_from`; counts in open mode alone. */
  postedFrom?: string | undefined;
};

/** Stands in for a `PUBLIC_URL` that is not set: no page can have this address (RFC 6761). */
const nowhere = "http://gatehouse.invalid";

/**
 * Where `value` leads when visitors may be sent there, as a serialised URL that is safe in a header, or as a
 * path when no `PUBLIC_URL` is set; else undefined. Judged on the resolved URL, never on the text: http(s),
 * no credentials, and an origin that is ours, the form's, or in open mode the posting page's.
 */
export function chooseNext(value: string | undefined, places: NextPlaces): string | undefined {
  if (value === undefined || value.length > 2048) return undefined;
  const base = URL.parse(places.publicUrl ?? nowhere) ?? new URL(nowhere);
  const url = URL.parse(value, base.href);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) return undefined;
  if (url.username !== "" || url.password !== "") return undefined;
  if (url.origin === base.origin) return base.origin === nowhere ? pathOf(url) : url.href;
  return isAccepted(url.origin, places) ? url.href : undefined;
}

/** A path that begins with two slashes would name another host. */
function pathOf(url: URL): string | undefined {
  return url.pathname.startsWith("//") ? undefined : url.pathname + url.search + url.hash;
}

function isAccepted(origin: string, { isListed, postedFrom }: NextPlaces): boolean {
  if (isListed) return isListed(origin);
  return postedFrom !== undefined && URL.parse(postedFrom)?.origin === origin;
}
