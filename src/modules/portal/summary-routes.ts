import { Elysia, t } from "elysia";
import { auditState, recentEventsOf } from "#/kernel/audit";
import { oneOf } from "#/kernel/http";
import type { Kernel } from "#/kernel/kernel";
import { version } from "#/kernel/version";
import {
  countAccounts,
  countOwnSessions,
  findMembership,
  isTotpEnrolled,
  roles,
  signedIn,
} from "#/modules/accounts";
import { countInbox, countSubmissionsFrom } from "#/modules/forms";
import { showOrigin } from "./show-origin";

const Count = t.Integer({ minimum: 0, examples: [3] });
const Moment = t.String({ format: "date-time", examples: ["2026-11-21T09:30:00.000Z"] });

/** Each figure of a person is counted up to this. */
const most = 1_000;
const recent = 10;

/** What modules that are not there yet would count. Nobody can have any of it. */
const nothingYet = {
  projects: 0,
  images: 0,
  uploads: { total: 0, processing: 0, ready: 0, rejected: 0 },
  runners: { active: 0 },
};

/** What a customer sees first: figures of the own rows and what happened lately. */
export const dashboard = (kernel: Kernel) =>
  new Elysia({ name: "portal.dashboard", prefix: "/api/v1/dashboard", tags: ["portal"] })
    .use(signedIn(kernel))
    .get(
      "/summary",
      async ({ account }) => {
        const { db } = kernel;
        const email = account.verified ? account.email : null;
        const [membership, totp, submissions, sessions, events] = await Promise.all([
          findMembership(db, account.id),
          isTotpEnrolled(db, account.id),
          email === null ? 0 : countSubmissionsFrom(db, email, most),
          countOwnSessions(db, account.id, most),
          recentEventsOf(db, account.id, recent),
        ]);
        return {
          metrics: { ...nothingYet, submissions, sessions },
          account: {
            role: account.role,
            verified: account.verified,
            totp_enabled: totp,
            member_since: (membership?.since ?? kernel.now()).toISOString(),
            last_sign_in_at: membership?.lastSignInAt?.toISOString() ?? null,
          },
          recent_events: events.map(({ id, at, event, outcome, actor, details }) => ({
            id: String(id),
            at: at.toISOString(),
            event,
            outcome,
            ...showOrigin(actor === account.id ? details : null),
          })),
        };
      },
      {
        response: {
          200: t.Object({
            metrics: t.Object({
              projects: Count,
              images: Count,
              uploads: t.Object({ total: Count, processing: Count, ready: Count, rejected: Count }),
              submissions: t.Integer({ description: "Sent from the confirmed address", examples: [2] }),
              runners: t.Object({ active: Count }),
              sessions: t.Integer({ description: "Open ones", examples: [2] }),
            }),
            account: t.Object({
              role: oneOf(roles),
              verified: t.Boolean({ examples: [true] }),
              totp_enabled: t.Boolean({ examples: [true] }),
              member_since: Moment,
              last_sign_in_at: t.Nullable(Moment),
            }),
            recent_events: t.Array(
              t.Object({
                id: t.String({ examples: ["91"] }),
                at: Moment,
                event: t.String({ examples: ["session.opened"] }),
                outcome: oneOf(["ok", "refused"]),
                ip: t.Nullable(t.String({ description: "The network", examples: ["203.0.113.0/24"] })),
                agent: t.Nullable(t.String({ description: "The browser", examples: ["Firefox"] })),
              }),
            ),
          }),
        },
        detail: {
          summary: "The dashboard",
          description: `Figures of the caller's own rows, each counted up to ${most.toLocaleString("en")}, and the last ${recent} events.`,
        },
      },
    );

/** What devs see first. */
export const adminSummary = (kernel: Kernel) => {
  const since = kernel.now();
  return new Elysia({ name: "portal.admin-summary", prefix: "/api/v1/admin", tags: ["team"] })
    .use(signedIn(kernel, { role: "dev", devScope: true }))
    .get(
      "/summary",
      async () => {
        const { db, jobs } = kernel;
        const [accounts, inbox, queues, audit] = await Promise.all([
          countAccounts(db),
          countInbox(db, kernel.now()),
          jobs.figures(),
          auditState(db),
        ]);
        return {
          ...accounts,
          submissions: inbox.submissions,
          deliveries: {
            waiting: inbox.deliveries.retrying + sum(queues.filter(isDelivery), ({ waiting }) => waiting),
            failed: inbox.deliveries.failed,
          },
          uploads: { waiting: 0, failed: 0 },
          jobs: {
            waiting: sum(queues, ({ waiting }) => waiting),
            failed: sum(queues, ({ dead }) => dead),
            oldest_s: Math.max(0, ...queues.map(({ oldestSeconds }) => Math.round(oldestSeconds))),
          },
          runners: { active: 0, queued: 0 },
          content: { source: null, version: 0, synced_at: null, stale: false },
          audit: {
            sealed_seq: audit.sealedSeq,
            unsealed: audit.unsealed,
            chain_ok_at: audit.chainOkAt?.toISOString() ?? null,
          },
          build: { version, since: since.toISOString() },
        };
      },
      {
        response: {
          200: t.Object({
            users: t.Object({
              total: Count,
              verified: Count,
              disabled: Count,
              by_role: t.Object({ user: Count, editor: Count, dev: Count }),
              new_7d: Count,
            }),
            sessions: t.Object({ open: Count }),
            sign_ins: t.Object({ ok_24h: Count, refused_24h: Count }),
            submissions: t.Object({ new: Count, "24h": Count, held: Count }),
            deliveries: t.Object({ waiting: Count, failed: Count }),
            uploads: t.Object({ waiting: Count, failed: Count }),
            jobs: t.Object({ waiting: Count, failed: Count, oldest_s: Count }),
            runners: t.Object({ active: Count, queued: Count }),
            content: t.Object({
              source: t.Nullable(t.String()),
              version: t.Integer(),
              synced_at: t.Nullable(Moment),
              stale: t.Boolean(),
            }),
            audit: t.Object({ sealed_seq: Count, unsealed: Count, chain_ok_at: t.Nullable(Moment) }),
            build: t.Object({ version: t.String({ examples: ["0.1.0-1a2b3c4"] }), since: Moment }),
          }),
        },
        detail: {
          summary: "How everything stands",
          description:
            "Counts of rows are bounded: 5,000 means that many or more. Uploads, runners and content are zero until those parts are there.",
        },
      },
    );
};

const isDelivery = ({ queue }: { queue: string }) => queue === "forms.deliver";

const sum = <Item>(items: readonly Item[], value: (item: Item) => number) =>
  items.reduce((total, item) => total + value(item), 0);
