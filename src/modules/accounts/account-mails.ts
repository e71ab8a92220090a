import type { MailMessage } from "#/kernel/mail";

/** The mails of an account. Those of the first group hold a link; `purpose` says which. */
export const linkMails = {
  verify: "verify",
  reset: "reset",
  /** Somebody registered with an address that has an account. */
  known_account: "reset",
  /** To the new address. */
  email: "email",
  /** To the old address, which may have been taken over by whoever asked. */
  email_requested: "reset",
} as const;
export type LinkMail = keyof typeof linkMails;

export type Notice = "email_taken" | "password_changed" | "session_reused";

type Words = { subject: string; text: string };

/** English only in this release: the settings of a person are not asked for a language yet. */
const linkWords: Record<LinkMail, (link: string) => Words> = {
  verify: (link) => ({
    subject: "Confirm your e-mail address",
    text: `Please confirm that this address is yours:\n\n${link}\n\nThe link works for 24 hours. If you did not register, ignore this mail: without a confirmation the account is deleted.`,
  }),
  reset: (link) => ({
    subject: "Set a new password",
    text: `Somebody, probably you, asked to set a new password for your account:\n\n${link}\n\nThe link works for 30 minutes, once. If it was not you, ignore this mail: nothing has changed.`,
  }),
  known_account: (link) => ({
    subject: "You already have an account",
    text: `Somebody, probably you, tried to register with this address, which has an account already. Sign in with it, or set a new password here:\n\n${link}\n\nThe link works for 30 minutes, once. If it was not you, ignore this mail: nothing has changed.`,
  }),
  email: (link) => ({
    subject: "Confirm your new e-mail address",
    text: `Please confirm that your account shall use this address from now on:\n\n${link}\n\nThe link works for 24 hours. Until then the account keeps its old address. If it was not you, ignore this mail.`,
  }),
  email_requested: (link) => ({
    subject: "Your e-mail address is about to change",
    text: `Somebody, probably you, asked to change the address of your account. It changes once the new address is confirmed.\n\nIf it was not you, set a new password now, which also ends all sessions:\n\n${link}\n\nThe link works for 30 minutes, once.`,
  }),
};

const noticeWords: Record<Notice, Words> = {
  email_taken: {
    subject: "Somebody tried to use your e-mail address",
    text: "Somebody asked to change the address of another account to yours. Your account has it, so nothing has changed. If it was you: sign in with this address, or close this account first.",
  },
  password_changed: {
    subject: "Your password was changed",
    text: 'The password of your account was just changed, and all other sessions were ended. If it was not you, set a new one with "forgot password" at once.',
  },
  session_reused: {
    subject: "A session of your account was ended",
    text: "Somebody sent a token of yours that had been used before, as a thief of it would. We ended that session. Sign in again; if you did not expect this, change your password.",
  },
};

export const linkMail = (kind: LinkMail, to: string, link: string): MailMessage => ({
  to: [to],
  ...linkWords[kind](link),
  language: "en",
});

export const noticeMail = (kind: Notice, to: string): MailMessage => ({
  to: [to],
  ...noticeWords[kind],
  language: "en",
});
