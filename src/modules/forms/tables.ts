import { sql } from "drizzle-orm";
import {
  index,
  integer,
  jsonb,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { bytea } from "#/kernel/db/bytea";
import { gatehouse } from "#/kernel/db/schema";

const moment = () => timestamp({ withTimezone: true, mode: "date" });

/**
 * `received` until the judge has seen it; `pending` while it waits for the visitor to confirm the address, `expired`
 * when nobody did.
 */
export const submissionStates = ["received", "pending", "inbox", "held", "spam", "expired"] as const;
export type SubmissionState = (typeof submissionStates)[number];
/** `erased`: what was personal is gone, the row tells that there was a message. */
export type StoredState = SubmissionState | "erased";
export const handlings = ["new", "read", "replied", "archived"] as const;
export type Handling = (typeof handlings)[number];
export type DeliveryState =
  | "waiting"
  | "queued"
  | "sending"
  | "retrying"
  | "delivered"
  | "dead"
  | "cancelled"
  | "suppressed"
  | "skipped";
/** Where a message goes. `canary` and `test` messages take the same ways as real ones. */
export const channels = [
  "owner_email",
  "visitor_email",
  "opt_in_email",
  "invitation_email",
  "hubspot",
  "webhook",
  "slack",
] as const;
export type Channel = (typeof channels)[number];
/** The door of invented messages, behind which nobody is. */
export const seedDoor = "seed";
export const submissionKinds = ["real", "test", "canary"] as const;
export type SubmissionKind = (typeof submissionKinds)[number];
/** Why a submission got its score; shown to the team as a table. */
export type Reason = { code: string; points: number; text: string };
export type CaptchaFacts = {
  /** The name of the field it came in, which tells the provider. */
  field: string;
  answer: string;
  /** It came by a page of ours, which cannot ask for a new one when it has expired. */
  carried?: boolean;
  /** There is a job that asks the provider. */
  handedOver?: boolean;
  /** The provider was asked; an answer is good for one question, so asking again proves nothing. */
  asked?: boolean;
};
/** What was seen on arrival and is needed to judge; null afterwards. */
export type IntakeFacts = {
  honeypot?: string;
  originUnknown?: boolean;
  /** The answer of a captcha, at most 8 KB. */
  captcha?: CaptchaFacts;
  /** What the page token said, as it was read on arrival. */
  pageToken?: { nonce: string; ageSeconds: number } | "invalid" | "expired";
  /** The client has been refused for coming too often. */
  penalised?: boolean;
  /** The form had more than FORMS_FLOOD messages of late. */
  flood?: boolean;
};
/** Declared and unlisted fields by name: text, a number, or a list of text where a name was repeated. */
export type Fields = Readonly<Record<string, string | number | readonly string[]>>;

/** One row a message. The id is a UUIDv7, so it tells when the message arrived and orders the inbox. */
export const submissions = gatehouse.table(
  "submissions",
  {
    id: uuid().primaryKey(),
    form: text().notNull(),
    /** The version of the form it was checked with; 0 is the built-in one. */
    formVersion: integer().notNull().default(0),
    kind: text().$type<SubmissionKind>().notNull().default("real"),
    door: text().notNull(),
    fields: jsonb().$type<Fields>().notNull(),
    language: text().notNull(),
    emailNormalised: text(),
    subject: text(),
    replyTo: text(),
    client: text(),
    userAgent: text(),
    origin: text(),
    contentHash: bytea().notNull(),
    intake: jsonb().$type<IntakeFacts>(),
    state: text().$type<StoredState>().notNull().default("received"),
    score: smallint(),
    reasons: jsonb().$type<Reason[]>().notNull().default([]),
    handling: text().$type<Handling>().notNull().default("new"),
    /** Counted up by each change of the team, who say which one they saw. */
    version: integer().notNull().default(0),
    judgedAt: moment(),
    updatedAt: moment(),
  },
  (table) => [
    index().on(table.form, table.state, table.id),
    index().on(table.emailNormalised),
    index("submissions_received_index").on(table.id).where(sql`${table.state} = 'received'`),
    // A message enters these when it is judged, so the intake pays nothing for them.
    index("submissions_new_index")
      .on(table.id)
      .where(sql`${table.state} = 'inbox' and ${table.handling} = 'new'`),
    index("submissions_held_index").on(table.id).where(sql`${table.state} = 'held'`),
    // Tests and canaries of every form, for the purge.
    index("submissions_probe_index").on(table.id).where(sql`${table.kind} <> 'real'`),
    // Who said the same of late, and whom the team has answered before.
    index("submissions_content_index")
      .on(table.contentHash, table.judgedAt)
      .where(sql`${table.judgedAt} is not null`),
    index("submissions_replied_index").on(table.emailNormalised).where(sql`${table.handling} = 'replied'`),
  ],
);

/** Which submission a retry key stands for, so that a repeated post adds nothing. */
export const submissionKeys = gatehouse.table(
  "submission_keys",
  {
    form: text().notNull(),
    key: bytea().notNull(),
    contentHash: bytea().notNull(),
    submissionId: uuid().notNull(),
    expiresAt: moment().notNull(),
  },
  (table) => [primaryKey({ columns: [table.form, table.key] }), index().on(table.expiresAt)],
);

/** What the team writes beside a message. The key to `users` is in the migration. */
export const submissionNotes = gatehouse.table(
  "submission_notes",
  {
    id: uuid().primaryKey(),
    submissionId: uuid().notNull(),
    authorId: integer(),
    text: text().notNull(),
    createdAt: moment().notNull().defaultNow(),
  },
  (table) => [index().on(table.submissionId, table.id)],
);

/** Names of fields that a form does not declare, in the order they were first seen: the columns of its export. */
export const formColumns = gatehouse.table(
  "form_columns",
  {
    form: text().notNull(),
    name: text().notNull(),
    firstSeenAt: moment().notNull().defaultNow(),
    firstSeenIn: uuid().notNull(),
  },
  (table) => [primaryKey({ columns: [table.form, table.name] })],
);

/** One row a message and destination: who was told, when, and if not, why. */
export const deliveries = gatehouse.table(
  "deliveries",
  {
    id: uuid().primaryKey(),
    submissionId: uuid().notNull(),
    channel: text().$type<Channel>().notNull(),
    /** The address; empty where the channel has none configured. */
    target: text().notNull(),
    state: text().$type<DeliveryState>().notNull(),
    /** Of this series: sending again by hand begins a new one. */
    attempts: integer().notNull().default(0),
    /** When this series began; null: with the row. */
    restartedAt: moment(),
    /** Counted up with each job that is planned for it. A job of an earlier turn sends nothing. */
    turn: integer().notNull().default(0),
    /** The lane that is closed, and with whose opening it goes on; it has no job of its own meanwhile. */
    waitsFor: text(),
    nextAt: moment(),
    remoteId: text(),
    lastError: text(),
    /** What a channel of several steps has done already, such as the vendor's ids, so that a repeat continues. */
    steps: jsonb().$type<Record<string, string>>().notNull().default({}),
    createdAt: moment().notNull().defaultNow(),
    updatedAt: moment(),
  },
  (table) => [
    uniqueIndex().on(table.submissionId, table.channel, table.target),
    index().on(table.channel, table.target, table.createdAt),
    index().on(table.channel, table.target, table.id),
    index("deliveries_waits_index").on(table.waitsFor, table.id).where(sql`${table.waitsFor} is not null`),
    index("deliveries_open_index")
      .on(table.state, table.id)
      .where(sql`${table.state} in ('dead', 'retrying', 'skipped')`),
  ],
);

/** Every call to a destination, in order. `summary` is its answer, at most 1 KB, without secrets. */
export const deliveryAttempts = gatehouse.table(
  "delivery_attempts",
  {
    id: uuid().primaryKey(),
    deliveryId: uuid().notNull(),
    n: integer().notNull(),
    startedAt: moment().notNull(),
    tookMs: integer().notNull(),
    outcome: text().notNull(),
    status: integer(),
    summary: text().notNull(),
  },
  (table) => [uniqueIndex().on(table.deliveryId, table.n)],
);
