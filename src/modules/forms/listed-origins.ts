/**
 * Prepares a list of origins (`https://example.com`, `https://*.example.com`) for asking whether one is on it.
 * `example.com` and `www.example.com` are one site; `*.` stands for one or more labels and not for the bare
 * name. Compared after parsing, never by substring; entries that are no origin match nothing.
 */
export function listOrigins(entries: readonly string[]): (origin: string) => boolean {
  const exact = new Set<string>();
  const suffixes: { scheme: string; suffix: string }[] = [];
  for (const entry of entries) {
    const [, scheme, rest] = /^(https?:\/\/)\*(\..+)$/i.exec(entry.trim()) ?? [];
    const url = URL.parse(scheme ? `${scheme}x${rest}` : entry.trim());
    if (url === null || !isWeb(url)) continue;
    if (scheme) suffixes.push({ scheme: url.protocol, suffix: url.host.slice(1) });
    else exact.add(withoutWww(url));
  }
  return (origin) => {
    const url = URL.parse(origin);
    if (url === null || !isWeb(url)) return false;
    if (exact.has(withoutWww(url))) return true;
    return suffixes.some(({ scheme, suffix }) => url.protocol === scheme && isBelow(url.host, suffix));
  };
}

const isWeb = ({ protocol }: URL) => protocol === "https:" || protocol === "http:";

const withoutWww = ({ protocol, host }: URL) =>
  `${protocol}//${host.startsWith("www.") ? host.slice(4) : host}`;

const isBelow = (host: string, suffix: string) => host.length > suffix.length && host.endsWith(suffix);
