/**
 * The only way for text that is not ours into a header value: what is not visible ASCII is percent-encoded as UTF-8.
 * Raw, a line break or a letter beyond Latin-1 makes Bun fail after every error handler has run.
 */
export const headerValue = (text: string) =>
  text
    .toWellFormed()
    .replace(/[^\x20-\x7e]/gu, (character) => encodeURIComponent(character))
    .trim();

/** `attachment` with the name as given (RFC 6266, RFC 8187) and an ASCII shadow of it for old clients. */
export function attachment(fileName: string): string {
  const name = fileName.toWellFormed();
  const shadow = name.replace(/[^\x20-\x7e]|["\\%]/gu, "_");
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${shadow}"; filename*=UTF-8''${encoded}`;
}
