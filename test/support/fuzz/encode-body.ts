const boundary = "----fuzz5b1e7000";

/** Bytes of a body in a media type, written here because `FormData` and `URLSearchParams` mend what they are given. */
export function encodeBody(type: string, members: Readonly<Record<string, unknown>>) {
  if (type === "application/json") return { type, bytes: Buffer.from(JSON.stringify(members)) };
  const pairs = pairsOf(members);
  if (type === "application/x-www-form-urlencoded") {
    return {
      type,
      bytes: Buffer.from(pairs.map((pair) => pair.map(encodeURIComponent).join("=")).join("&")),
    };
  }
  const parts = pairs.map(
    ([name, value]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${inQuotes(name)}"\r\n\r\n${value}\r\n`,
  );
  return {
    type: `${type}; boundary=${boundary}`,
    bytes: Buffer.from(`${parts.join("")}--${boundary}--\r\n`),
  };
}

/** What an encoding without types makes of members: text, repeated where it was a list. */
export function asSent(type: string, members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (type === "application/json") return { ...members };
  const lists = Map.groupBy(pairsOf(members), ([name]) => name);
  const entries = [...lists].map(([name, pairs]) => [name, pairs.map(([, value]) => value)] as const);
  return Object.fromEntries(
    entries.map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}

/** UTF-8 has no lone surrogates, so only JSON can bring them, by an escape. */
const pairsOf = (members: Readonly<Record<string, unknown>>): [string, string][] =>
  Object.entries(members).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name.toWellFormed(), String(one).toWellFormed()]),
  );

/** HTML, "multipart/form-data": how a browser writes a name. */
const inQuotes = (name: string) =>
  name.replaceAll("\n", "%0A").replaceAll("\r", "%0D").replaceAll('"', "%22");
