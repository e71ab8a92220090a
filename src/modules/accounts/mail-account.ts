import { type Static, Type } from "@sinclair/typebox";
import { eq } from "drizzle-orm";
import type { CallResult } from "#/kernel/call-result";
import type { Config } from "#/kernel/config";
import type { Db } from "#/kernel/db";
import { defineJob } from "#/kernel/jobs";
import type { Kernel } from "#/kernel/kernel";
import type { MailMessage } from "#/kernel/mail";
import { type LinkMail, linkMail, linkMails, type Notice, noticeMail } from "./account-mails";
import { findLink, issueLink, linkToken } from "./links";
import { type LinkPurpose, users } from "./tables";

/** Seconds before each repetition, when the mail server asks for one or is away. A link lives longer than the first. */
const repeatAfter = [15, 60, 300, 900, 3600, 14_400];

const kindOf = <const K extends string>(kinds: readonly K[]) =>
  Type.Union(kinds.map((kind) => Type.Literal(kind)));
const Attempt = Type.Optional(Type.Integer({ minimum: 0 }));

/**
 * Mails a link. The payload holds its seed, from which this service alone makes the token; a seed of no link is
 * passed over, so that a request for an unknown address costs what one for a known address does.
 */
export const mailLink = defineJob({
  name: "accounts.mail_link",
  payload: Type.Object({
    kind: kindOf(Object.keys(linkMails) as LinkMail[]),
    seed: Type.String({ pattern: "^[\\w-]{22}$" }),
    attempt: Attempt,
  }),
  concurrency: 4,
  async run(kernel, payload): Promise<void> {
    const { kind, seed } = payload;
    const token = linkToken(kernel.config, seed);
    const link = await findLink(kernel.db, token, linkMails[kind]);
    if (!link || link.userId === null || link.used || link.expired) return;
    const message = linkMail(kind, link.email, linkAddress(kernel.config, linkMails[kind], token));
    await sendOrRepeat(kernel, message, `${kind}-${seed}`, payload.attempt, (tx, attempt, startAfter) =>
      kernel.jobs.enqueue(tx, mailLink, [{ ...payload, attempt }], { startAfter }),
    );
  },
});

const notices = ["email_taken", "password_changed", "session_reused"] as const satisfies readonly Notice[];

/** Tells the owner of an account what happened to it. `key` names the event, so that a repetition is no second mail. */
export const mailNotice = defineJob({
  name: "accounts.mail_notice",
  payload: Type.Object({
    kind: kindOf(notices),
    userId: Type.Integer({ minimum: 1 }),
    key: Type.String({ pattern: "^[\\w-]{1,40}$" }),
    attempt: Attempt,
  }),
  concurrency: 4,
  async run(kernel, payload): Promise<void> {
    const { kind, userId, key } = payload;
    const [row] = await kernel.db.select({ email: users.email }).from(users).where(eq(users.id, userId));
    if (!row?.email) return;
    await sendOrRepeat(
      kernel,
      noticeMail(kind, row.email),
      `${kind}-${key}`,
      payload.attempt,
      (tx, attempt, startAfter) =>
        kernel.jobs.enqueue(tx, mailNotice, [{ ...payload, attempt }], { startAfter }),
    );
  },
});

/** Makes a link and its mail in one transaction with whatever asked for it. */
export async function sendLink(
  tx: Db,
  { config, jobs }: Pick<Kernel, "config" | "jobs">,
  { kind, userId, email }: { kind: LinkMail; userId: number; email: string },
): Promise<void> {
  const seed = await issueLink(tx, config, { purpose: linkMails[kind], userId, email });
  await jobs.enqueue(tx, mailLink, [{ kind, seed }]);
}

/** The page a link leads to: the site's own where it is set. Never built from a request's `Host`. */
export function linkAddress(
  config: Pick<
    Config,
    "PUBLIC_URL" | "PORT" | "ACCOUNT_LINK_VERIFY" | "ACCOUNT_LINK_RESET" | "ACCOUNT_LINK_EMAIL"
  >,
  purpose: "verify" | "reset" | "email",
  token: string,
): string {
  const own = {
    verify: config.ACCOUNT_LINK_VERIFY,
    reset: config.ACCOUNT_LINK_RESET,
    email: config.ACCOUNT_LINK_EMAIL,
  }[purpose];
  return own?.replace("{token}", token) ?? pageAddress(config, purpose, token);
}

/** The page of this service behind a link. */
export const pageAddress = (
  { PUBLIC_URL, PORT }: Pick<Config, "PUBLIC_URL" | "PORT">,
  purpose: LinkPurpose,
  token: string,
): string => `${PUBLIC_URL ?? `http://localhost:${PORT}`}/account/${purpose}/${token}`;

type Repeat = (tx: Db, attempt: number, startAfter: Date) => Promise<void>;

async function sendOrRepeat(
  { db, log, mail, now }: Kernel,
  message: MailMessage,
  key: string,
  attempt: Static<typeof Attempt> = 0,
  repeat: Repeat,
): Promise<void> {
  const result = await mail.send({ category: "accounts", ...message }, key);
  if (result.kind === "ok") return;
  const startAfter = nextTime(result, attempt, now());
  log(startAfter ? "warn" : "error", "accounts.mail_failed", { code: result.why.code, attempt });
  if (startAfter) await db.transaction((tx) => repeat(tx, attempt + 1, startAfter));
}

function nextTime(result: CallResult<unknown>, attempt: number, now: Date): Date | undefined {
  if (result.kind === "parked") return result.until;
  const seconds = repeatAfter[attempt];
  if (result.kind !== "retry" || seconds === undefined) return;
  return new Date(now.getTime() + Math.max(seconds * 1000, result.after ?? 0));
}
