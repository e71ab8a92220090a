import { join } from "node:path";
import { type Config, mailTransportOf } from "#/kernel/config";
import type { HttpClient } from "#/kernel/http-client";
import type { Log } from "#/kernel/log";
import { type Mail, type Mailbox, noMail, openOutbox, parseMailbox } from "#/kernel/mail";
import { connectSendgrid } from "./sendgrid";
import { connectSmtp, readSmtpUrl } from "./smtp";

type MailConfig = Pick<
  Config,
  | "SMTP_URL"
  | "SENDGRID_API_KEY"
  | "SENDGRID_BASE_URL"
  | "MAIL_TRANSPORT"
  | "MAIL_FROM"
  | "PUBLIC_URL"
  | "DATA_DIR"
  | "production"
>;

/** The mail of this configuration: SendGrid or a server, else outside production a directory, else none, which says so. */
export async function openMail(config: MailConfig, log: Log, http: HttpClient): Promise<Mail> {
  const { SENDGRID_API_KEY, SENDGRID_BASE_URL, SMTP_URL } = config;
  const transport = mailTransportOf(config);
  if (transport === "sendgrid" && SENDGRID_API_KEY) {
    const from = senderOf({ ...config, SMTP_URL: undefined });
    return connectSendgrid({ http, apiKey: SENDGRID_API_KEY, baseUrl: SENDGRID_BASE_URL, from });
  }
  if (transport === "smtp" && SMTP_URL) return connectSmtp({ url: SMTP_URL, from: senderOf(config) });
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
