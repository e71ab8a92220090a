/** The bytes of an address, 4 or 16; an IPv4 address written as IPv6 (`::ffff:192.0.2.1`) has 4. */
export type IpBytes = readonly number[];

/** Reads an IPv4 or IPv6 address, zone left out; undefined when the text is neither. */
export function parseIp(text: string): IpBytes | undefined {
  if (text.length > 64) return;
  if (!text.includes(":")) return parseIpv4(text);
  const bytes = parseIpv6(text.split("%", 1)[0] as string);
  return bytes && isMapped(bytes) ? bytes.slice(12) : bytes;
}

/** The address in one spelling: dotted, or eight groups without leading zeros. */
export function formatIp(bytes: IpBytes): string {
  return bytes.length === 4 ? bytes.join(".") : groups(bytes).join(":");
}

/** Who counts as one client: an IPv4 address, or the /64 that one IPv6 customer owns. */
export function networkKey(bytes: IpBytes): string {
  return bytes.length === 4 ? bytes.join(".") : `${groups(bytes).slice(0, 4).join(":")}::/64`;
}

/** A test for addresses and CIDR ranges; entries that are neither are ignored (the configuration refuses them). */
export function ipMatcher(entries: readonly string[]): (bytes: IpBytes) => boolean {
  const ranges = entries.map(parseCidr).filter((range) => range !== undefined);
  return (bytes) =>
    ranges.some(({ base, bits }) => base.length === bytes.length && sharesPrefix(base, bytes, bits));
}

/** `10.0.0.0/8`, or an address alone, as its bytes and the number of leading bits that count. */
export function parseCidr(text: string): { base: IpBytes; bits: number } | undefined {
  const [address = "", length, ...rest] = text.trim().split("/");
  const base = parseIp(address);
  if (!base || rest.length > 0) return;
  if (length === undefined) return { base, bits: base.length * 8 };
  if (!/^\d{1,3}$/.test(length)) return;
  const bits = base.length === 4 && address.includes(":") ? Number(length) - 96 : Number(length);
  return bits >= 0 && bits <= base.length * 8 ? { base, bits } : undefined;
}

function sharesPrefix(a: IpBytes, b: IpBytes, bits: number): boolean {
  const full = bits >> 3;
  for (let i = 0; i < full; i++) if (a[i] !== b[i]) return false;
  const shift = 8 - (bits & 7);
  return shift === 8 || (a[full] as number) >> shift === (b[full] as number) >> shift;
}

function parseIpv4(text: string): IpBytes | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return;
  const bytes = parts.map((part) => (/^(0|[1-9]\d{0,2})$/.test(part) ? Number(part) : 256));
  return bytes.every((byte) => byte < 256) ? bytes : undefined;
}

function parseIpv6(text: string): IpBytes | undefined {
  const halves = text.split("::");
  if (halves.length > 2 || text.slice(0, text.lastIndexOf(":")).includes(".")) return;
  const [head, tail] = halves.map((half) => (half === "" ? [] : half.split(":").flatMap(parseGroup)));
  if (!head || head.includes(-1) || tail?.includes(-1)) return;
  if (!tail) return head.length === 16 ? head : undefined;
  const gap = 16 - head.length - tail.length;
  return gap >= 2 ? [...head, ...new Array<number>(gap).fill(0), ...tail] : undefined;
}

/** Two bytes, or four where IPv4 is embedded; -1 marks a broken group. */
function parseGroup(group: string): IpBytes {
  if (group.includes(".")) return parseIpv4(group) ?? [-1];
  if (!/^[0-9a-f]{1,4}$/i.test(group)) return [-1];
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 255];
}

const isMapped = (bytes: IpBytes) =>
  bytes[10] === 255 && bytes[11] === 255 && bytes.slice(0, 10).every((byte) => byte === 0);

const groups = (bytes: IpBytes) =>
  Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number)).toString(16),
  );
