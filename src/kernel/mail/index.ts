export { isMailAddress, type Mailbox, parseMailbox } from "./address";
export { type ComposedMail, composeMail } from "./compose";
export type { Mail, MailMessage } from "./contract";
export { noMail } from "./no-mail";
export { openOutbox } from "./outbox";
export { isSuppressed, suppress, unsuppress } from "./suppressions";
