import { and, count, eq, inArray, sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import { isSuppressed } from "#/kernel/mail";
import { type Channel, type DeliveryState, deliveries, submissions } from "../tables";
import type { Destination } from "./channels/channel";

/** The channels by which visitors get mail; all of them count towards what one address gets. */
export const visitorChannels: readonly Channel[] = ["visitor_email", "opt_in_email", "invitation_email"];
/** `waiting` counts too: what is withheld now may all be sent at one moment. */
const promised: readonly DeliveryState[] = ["waiting", "queued", "sending", "retrying", "delivered"];
/** Of one channel, in the time of FORMS_MAIL_PER_ADDRESS. */
const perForm = 1;

/** A mail that one form would like to send to the visitor's address. */
type Asked = { submissionId: string; form: string; target: string };

/**
 * Which of these mails may be sent: a form must not become a way to flood a mailbox. One per form and channel, and
 * FORMS_MAIL_PER_ADDRESS of all forms together; none to an address that bounced, complained or declined. The rest is
 * `suppressed`. Whoever else asks waits until this transaction ends, or two would both find room for one more.
 */
export async function capVisitorMails(
  { config, mail }: Pick<Kernel, "config" | "mail">,
  tx: Db,
  channel: Channel,
  asked: readonly Asked[],
): Promise<Destination[]> {
  if (asked.length === 0) return [];
  const { points, seconds } = config.FORMS_MAIL_PER_ADDRESS;
  const targets = [...new Set(asked.map(({ target }) => target))];
  const unwanted = await isSuppressed(tx, config, targets);
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('gatehouse.visitor_mail'))`);
  const tally = createTally(await countPromised(tx, targets, seconds));

  return asked.map(({ submissionId, form, target }) => {
    const isFull =
      points > 0 && (tally.ofForm(target, form, channel) >= perForm || tally.ofAll(target) >= points);
    if (isFull || unwanted.has(target)) return { submissionId, target, fate: "suppressed" };
    if (!mail.available) return { submissionId, target, fate: "skipped" };
    tally.add({ target, form, channel, mails: 1 });
    return { submissionId, target, fate: "ready" };
  });
}

type Counted = { target: string; form: string; channel: Channel; mails: number };

/** Mails planned or begun anew in the last `seconds` to these addresses, by form and channel. */
function countPromised(tx: Db, targets: readonly string[], seconds: number): Promise<Counted[]> {
  const { target, channel, createdAt, restartedAt, state, submissionId } = deliveries;
  return tx
    .select({ target, form: submissions.form, channel, mails: count() })
    .from(deliveries)
    .innerJoin(submissions, eq(submissions.id, submissionId))
    .where(
      and(
        inArray(channel, [...visitorChannels]),
        inArray(target, [...targets]),
        sql`coalesce(${restartedAt}, ${createdAt}) > now() - make_interval(secs => ${seconds})`,
        inArray(state, [...promised]),
      ),
    )
    .groupBy(target, submissions.form, channel);
}

function createTally(counted: readonly Counted[]) {
  const mails = new Map<string, number>();
  const keyOf = (...parts: string[]) => parts.join("\n");
  const raise = (key: string, by: number) => mails.set(key, (mails.get(key) ?? 0) + by);
  const add = (one: Counted) => {
    raise(keyOf(one.target), one.mails);
    raise(keyOf(one.target, one.form, one.channel), one.mails);
  };
  for (const one of counted) add(one);
  return {
    add,
    ofAll: (target: string) => mails.get(keyOf(target)) ?? 0,
    ofForm: (target: string, form: string, channel: Channel) => mails.get(keyOf(target, form, channel)) ?? 0,
  };
}
