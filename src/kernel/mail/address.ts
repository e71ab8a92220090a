/** A name people read and an address machines use. The name may be empty. */
export type Mailbox = { name: string; address: string };

/** RFC 5322 atext, and letters and digits of any script (RFC 6531). No quotes, so no comma and no space. */
const localPart = /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;
const label = /^[\p{L}\p{N}]([\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?$/u;

/** Exactly one address: at most 254 characters, 64 before the @ (RFC 5321 §4.5.3). Never a list, never a name. */
export function isMailAddress(text: string): boolean {
  if (text.length > 254) return false;
  const at = text.lastIndexOf("@");
  const local = text.slice(0, at);
  return (
    at > 0 &&
    at <= 64 &&
    localPart.test(local) &&
    text
      .slice(at + 1)
      .split(".")
      .every(isLabel)
  );
}

const isLabel = (text: string) => label.test(text);

/** Reads `name@example.com` or `Name <name@example.com>`, as an operator writes a sender; `undefined` for else. */
export function parseMailbox(text: string): Mailbox | undefined {
  const [, name = "", address = text.trim()] = /^([^<>]*)<([^<>]+)>$/.exec(text.trim()) ?? [];
  if (!isMailAddress(address)) return undefined;
  return { name: name.trim().replace(/^"(.*)"$/, "$1"), address };
}
