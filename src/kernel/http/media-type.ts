/** A media type and its parameters, names in lower case. */
export type MediaType = { type: string; parameters: ReadonlyMap<string, string> };

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const whole = new RegExp(
  `^(${token}/${token})((?:[ \\t]*;[ \\t]*${token}=(?:${token}|"[^"\\\\]*"))*)[ \\t]*;?$`,
);
const parameter = new RegExp(`(${token})=(?:"([^"\\\\]*)"|(${token}))`, "g");

/** Reads a `Content-Type` (RFC 9110 §8.3); undefined when it is not one, or longer than 256 characters. */
export function parseMediaType(header: string): MediaType | undefined {
  const [, type, rest] = (header.length <= 256 && whole.exec(header)) || [];
  if (type === undefined) return;
  const parameters = new Map<string, string>();
  for (const [, name = "", quoted, bare = ""] of (rest ?? "").matchAll(parameter)) {
    parameters.set(name.toLowerCase(), quoted ?? bare);
  }
  return { type: type.toLowerCase(), parameters };
}

/** Whether the parameters leave the text UTF-8: no `charset`, or that one. */
export const isUtf8 = ({ parameters }: MediaType) =>
  (parameters.get("charset")?.toLowerCase() ?? "utf-8") === "utf-8";

/** `application/json`, with no charset or UTF-8. */
export function isJson(contentType: string): boolean {
  if (contentType === "application/json") return true;
  const parsed = parseMediaType(contentType);
  return parsed?.type === "application/json" && isUtf8(parsed);
}
