import { createHash } from "node:crypto";
import { isMailAddress, type Mailbox } from "./address";
import type { MailMessage } from "./contract";

/** A message as every transport takes it: addresses checked, lines safe, its identity the same on every attempt. */
export type ComposedMail = {
  from: Mailbox;
  to: Mailbox[];
  replyTo?: Mailbox;
  subject: string;
  text: string;
  html?: string;
  /** `<local@domain>` */
  messageId: string;
  headers: Record<string, string>;
  /** nodemailer: what looks like a path or an address is text. */
  disableFileAccess: true;
  disableUrlAccess: true;
};

/**
 * A message as nodemailer takes it, or `undefined` when a recipient is not exactly one address.
 * Addresses are handed over as objects, which are never read as lists. A Reply-To that is none is left out:
 * the mail matters more than the convenience.
 */
export function composeMail(message: MailMessage, key: string, from: Mailbox): ComposedMail | undefined {
  if (message.to.length === 0 || !message.to.every(isMailAddress)) return undefined;
  const { replyTo, language, html } = message;
  return {
    from,
    to: message.to.map(toMailbox),
    ...(replyTo !== undefined && isMailAddress(replyTo) && { replyTo: toMailbox(replyTo) }),
    subject: toHeaderText(message.subject),
    text: toBodyText(message.text),
    ...(html !== undefined && { html: toBodyText(html) }),
    messageId: messageIdOf(key, from),
    headers: {
      // RFC 3834: keeps vacation answers away.
      "Auto-Submitted": "auto-generated",
      ...(language !== undefined && isLanguage(language) && { "Content-Language": language }),
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** `<key@domain of the sender>`, the same on every attempt, so that a receiver can drop the twin. */
export function messageIdOf(key: string, from: Mailbox): string {
  const isPlain = /^[\w-]+(\.[\w-]+)*$/.test(key) && key.length <= 64;
  const local = isPlain ? key : createHash("sha256").update(key).digest("hex");
  return `<${local}@${from.address.slice(from.address.lastIndexOf("@") + 1)}>`;
}

const toMailbox = (address: string): Mailbox => ({ name: "", address });

const isLanguage = (text: string) => /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(text);

/** One line: control and separator characters become spaces; at most 250 characters. */
const toHeaderText = (text: string): string =>
  [...text.toWellFormed().replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")].slice(0, 250).join("").trim();

/** Line ends become LF, which nodemailer writes as CRLF: a lone CR is not allowed in a mail (RFC 5322 §2.3). */
const toBodyText = (text: string): string => text.toWellFormed().replaceAll("\0", "").replace(/\r\n?/g, "\n");
