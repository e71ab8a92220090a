import type { Settings } from "./settings";

/**
 * By what mails leave: what MAIL_TRANSPORT names, else SendGrid where its key is set, else the server of SMTP_URL.
 * Undefined where that is not configured, also when the other one is: a forced way that is missing must be seen.
 */
export function mailTransportOf({
  SENDGRID_API_KEY,
  SMTP_URL,
  MAIL_TRANSPORT,
}: Partial<Pick<Settings, "SENDGRID_API_KEY" | "SMTP_URL" | "MAIL_TRANSPORT">>):
  | "sendgrid"
  | "smtp"
  | undefined {
  const wanted = MAIL_TRANSPORT ?? (SENDGRID_API_KEY ? "sendgrid" : "smtp");
  return (wanted === "sendgrid" ? SENDGRID_API_KEY : SMTP_URL) ? wanted : undefined;
}

/** The setting that is missing where `mailTransportOf` finds none. */
export const missingMailOf = ({ MAIL_TRANSPORT }: Partial<Pick<Settings, "MAIL_TRANSPORT">>) =>
  MAIL_TRANSPORT === "sendgrid" ? "SENDGRID_API_KEY" : "SMTP_URL";
