import type { CallResult } from "#/kernel/call-result";

/** A mail as the modules write it. Addresses are single, already validated addresses; texts are untrusted. */
export type MailMessage = {
  to: readonly string[];
  replyTo?: string;
  subject: string;
  text: string;
  html?: string;
  language?: string;
  /** The module it comes from; SendGrid counts by it. */
  category?: string;
};

/** Sends mail and never throws. `key` is stable over the attempts of one delivery and becomes the Message-ID. */
export type Mail = {
  /** False where no transport is configured: deliveries are then `skipped`, and the console says so. */
  available: boolean;
  /** "sendgrid", "smtp", "outbox" or "none"; for the log and `doctor`. */
  transport: string;
  send(message: MailMessage, key: string): Promise<CallResult<{ messageId: string }>>;
  /** Whether the transport would take a mail now, without sending one. */
  probe(): Promise<CallResult<{ detail: string }>>;
  close(): Promise<void>;
};
