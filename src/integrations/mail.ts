import { join } from "node:path";
import type { Config } from "#/kernel/config";
import type { Log } from "#/kernel/log";
import { type Mail, type Mailbox, noMail, openOutbox, parseMailbox } from "#/kernel/mail";
import { connectSmtp, readSmtpUrl } from "./smtp";

/** The mail of this configuration: a server, else outside production a directory, else none, which says so. */
export async function openMail(
  config: Pick<Config, "SMTP_URL" | "MAIL_FROM" | "PUBLIC_URL" | "DATA_DIR" | "production">,
  log: Log,
): Promise<Mail> {
  if (config.SMTP_URL) return connectSmtp({ url: config.SMTP_URL, from: senderOf(config) });
  if (!config.production) return openOutbox(join(config.DATA_DIR, "outbox"), senderOf(config), log);
  return noMail;
}

/** `MAIL_FROM`, else the login of the mail server where that is an address, else our own host. */
function senderOf({
  MAIL_FROM,
  SMTP_URL,
  PUBLIC_URL,
}: Pick<Config, "MAIL_FROM" | "SMTP_URL" | "PUBLIC_URL">): Mailbox {
  if (MAIL_FROM) {
    const mailbox = parseMailbox(MAIL_FROM);
    if (!mailbox)
      throw new Error("Cannot read MAIL_FROM: name@example.com or Name <name@example.com> is expected");
    return mailbox;
  }
  const login = SMTP_URL && parseMailbox(readSmtpUrl(SMTP_URL).auth?.user ?? "");
  const host = PUBLIC_URL ? new URL(PUBLIC_URL).hostname : "localhost";
  return login || parseMailbox(`gatehouse@${host}`) || { name: "", address: "gatehouse@localhost" };
}
