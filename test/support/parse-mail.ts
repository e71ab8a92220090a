/** A mail as a program that received it sees it. */
export type ParsedMail = {
  /** RFC 5321: what the sending side named in MAIL and RCPT. */
  envelope: { from: string; to: string[] };
  /** Lower-cased name -> every value, unfolded and decoded (RFC 2047). */
  headers: Map<string, string[]>;
  text: string;
  html: string;
  raw: string;
};

/** Reads what our own mails can hold: one level of multipart, base64 and quoted-printable, UTF-8. */
export function parseMail(raw: string, envelope: ParsedMail["envelope"]): ParsedMail {
  const { headers, body } = splitPart(raw);
  const boundary = /boundary="?([^";]+)"?/.exec(headers.get("content-type")?.[0] ?? "")?.[1];
  const parts = boundary
    ? body
        .split(`--${boundary}`)
        .slice(1, -1)
        .map((part) => splitPart(part.replace(/^\r\n/, "")))
    : [{ headers, body }];
  const find = (type: string) => {
    const part = parts.find((each) => each.headers.get("content-type")?.[0]?.startsWith(type));
    return part ? decodeBody(part.body, part.headers.get("content-transfer-encoding")?.[0]) : "";
  };
  return { envelope, headers, text: find("text/plain"), html: find("text/html"), raw };
}

function splitPart(raw: string) {
  const end = raw.indexOf("\r\n\r\n");
  const headers = new Map<string, string[]>();
  for (const line of raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, " ")
    .split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), decodeWords(line.slice(colon + 1).trim())]);
  }
  return { headers, body: raw.slice(end + 4) };
}

/** Encoded words that follow each other are one text: the space between them is not part of it. */
const decodeWords = (value: string): string =>
  value
    .replace(/\?=\s+=\?/g, "?==?")
    .replace(/(?:=\?utf-8\?[bq]\?[^?]*\?=)+/gi, (words) =>
      Buffer.concat(
        [...words.matchAll(/=\?utf-8\?([bq])\?([^?]*)\?=/gi)].map(([, kind = "", text = ""]) =>
          kind.toLowerCase() === "b" ? Buffer.from(text, "base64") : decodeQuoted(text.replaceAll("_", " ")),
        ),
      ).toString(),
    );

function decodeBody(body: string, encoding = "7bit"): string {
  const trimmed = body.replace(/\r\n$/, "");
  if (encoding === "base64") return Buffer.from(trimmed, "base64").toString();
  if (encoding === "quoted-printable") return decodeQuoted(trimmed.replace(/=\r\n/g, "")).toString();
  return trimmed;
}

const decodeQuoted = (text: string): Buffer =>
  Buffer.from(
    text.replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
