import { Elysia, t } from "elysia";
import { originOf, recentEventsOf } from "#/kernel/audit";
import { createCursors } from "#/kernel/cursor";
import { jsonBody, oneOf } from "#/kernel/http";
import { ProblemError } from "#/kernel/http/error-schemas";
import {
  Flag,
  flagOf,
  Id,
  idOf,
  Limit,
  limitOf,
  Moment,
  momentOf,
  pageOf,
} from "#/kernel/http/list-parameters";
import type { Kernel } from "#/kernel/kernel";
import {
  type Account,
  AdminUser,
  allowEmail,
  changeUser,
  disallowEmail,
  getAdminUser,
  listAllowedEmails,
  listUsers,
  registrations,
  resetTotp,
  roles,
  sendReset,
  signedIn,
  signOutUser,
} from "#/modules/accounts";
import { LogItem, toLogItem } from "./log-item";

const Done = t.Object({ status: t.Literal("ok") });
const AllowedEmail = t.Object({
  pattern: t.String({ examples: ["@example.com"] }),
  note: t.String({ examples: ["the agency"] }),
  created_at: t.String({ format: "date-time", examples: ["2026-11-21T09:30:00.000Z"] }),
});
const actorOf = (account: Account, request: Request) => ({ id: account.id, origin: originOf(request) });

/** What devs do with accounts and with the list of those who may register to publish. */
export const adminUsers = (kernel: Kernel) => {
  const { config, db } = kernel;
  const userCursors = createCursors<number>(config, "users");
  const patternCursors = createCursors<string>(config, "allowed-emails");

  return new Elysia({ name: "portal.admin-users", prefix: "/api/v1/admin", tags: ["team"] })
    .use(signedIn(kernel, { role: "dev", devScope: true }))
    .use(jsonBody)
    .get(
      "/users",
      async ({ query }) => {
        const { limit: asked, after, ...filters } = query;
        const limit = limitOf(asked);
        const { q, role, via, verified, disabled, created_from, created_to } = filters;
        const rows = await listUsers(db, {
          limit: limit + 1,
          ...(after !== undefined && { after: userCursors.read(after, filters) }),
          ...(q !== undefined && { q }),
          ...(role && { role }),
          ...(via && { via }),
          ...(verified && { verified: flagOf(verified) }),
          ...(disabled && { disabled: flagOf(disabled) }),
          ...(created_from && { from: momentOf("created_from", created_from) }),
          ...(created_to && { to: momentOf("created_to", created_to) }),
        });
        return pageOf(rows, limit, ({ id }) => userCursors.issue(id, filters));
      },
      {
        query: t.Object({
          q: t.Optional(
            t.String({
              minLength: 2,
              maxLength: 254,
              description: "The beginning of an address or a name",
              examples: ["ada"],
            }),
          ),
          role: t.Optional(oneOf(roles)),
          verified: t.Optional(Flag),
          disabled: t.Optional(Flag),
          via: t.Optional(oneOf(registrations)),
          created_from: t.Optional(Moment),
          created_to: t.Optional(Moment),
          limit: t.Optional(Limit),
          after: t.Optional(t.String({ maxLength: 512, description: "`next` of the page before" })),
        }),
        response: {
          200: t.Object({ items: t.Array(AdminUser), next: t.Nullable(t.String()) }),
          422: ProblemError,
        },
        detail: { summary: "List accounts", description: "Newest first." },
      },
    )
    .get(
      "/users/:id",
      async ({ params }) => {
        const id = idOf(params.id);
        const [user, events] = [await getAdminUser(db, id), await recentEventsOf(db, id, 20)];
        return { ...user, recent_events: events.map(toLogItem) };
      },
      {
        params: t.Object({ id: Id }),
        response: { 200: t.Object({ ...AdminUser.properties, recent_events: t.Array(LogItem) }) },
        detail: {
          summary: "Read an account",
          description: "With the last 20 events that it did or that were done to it.",
        },
      },
    )
    .patch(
      "/users/:id",
      async ({ account, body, params, request }) => {
        const id = idOf(params.id);
        await changeUser(kernel, actorOf(account, request), id, body);
        return getAdminUser(db, id);
      },
      {
        params: t.Object({ id: Id }),
        body: t.Object({
          role: t.Optional(oneOf(roles)),
          verified: t.Optional(t.Boolean({ examples: [true] })),
          disabled: t.Optional(t.Boolean({ examples: [false] })),
          username: t.Optional(t.String({ maxLength: 64, examples: ["ada-lovelace"] })),
          full_name: t.Optional(t.String({ maxLength: 200, examples: ["Ada Lovelace"] })),
        }),
        response: { 200: AdminUser, 409: ProblemError, 422: ProblemError },
        detail: {
          summary: "Change an account",
          description:
            "A change of role or of `disabled` ends every session of the account at once. One dev always remains (409 `last_dev`).",
        },
      },
    )
    .post(
      "/users/:id/sign-out",
      async ({ account, params, request }) => {
        await signOutUser(kernel, actorOf(account, request), idOf(params.id));
        return { status: "ok" as const };
      },
      {
        params: t.Object({ id: Id }),
        response: { 200: Done },
        detail: { summary: "End every session of an account" },
      },
    )
    .post(
      "/users/:id/send-reset",
      async ({ account, params, request }) => {
        await sendReset(kernel, actorOf(account, request), idOf(params.id));
        return { status: "ok" as const };
      },
      {
        params: t.Object({ id: Id }),
        response: { 200: Done, 409: ProblemError },
        detail: { summary: "Mail a link that sets a new password" },
      },
    )
    .post(
      "/users/:id/reset-totp",
      async ({ account, params, request }) => {
        await resetTotp(kernel, actorOf(account, request), idOf(params.id));
        return { status: "ok" as const };
      },
      {
        params: t.Object({ id: Id }),
        response: { 200: Done },
        detail: {
          summary: "Remove the authenticator app of an account",
          description: "With its recovery codes, and every session.",
        },
      },
    )
    .get(
      "/allowed-emails",
      async ({ query }) => {
        const limit = limitOf(query.limit);
        const after = query.after === undefined ? {} : { after: patternCursors.read(query.after, {}) };
        const rows = await listAllowedEmails(db, { limit: limit + 1, ...after });
        const { items, next } = pageOf(rows, limit, ({ pattern }) => patternCursors.issue(pattern, {}));
        return {
          items: items.map(({ pattern, note, createdAt }) => ({
            pattern,
            note,
            created_at: createdAt.toISOString(),
          })),
          next,
        };
      },
      {
        query: t.Object({ limit: t.Optional(Limit), after: t.Optional(t.String({ maxLength: 512 })) }),
        response: {
          200: t.Object({ items: t.Array(AllowedEmail), next: t.Nullable(t.String()) }),
          422: ProblemError,
        },
        detail: {
          summary: "Who may register to publish",
          description: "The list kept by the team; `WHITELISTED_EMAILS` counts beside it.",
        },
      },
    )
    .post(
      "/allowed-emails",
      async ({ account, body, request, status }) => {
        const pattern = await allowEmail(kernel, actorOf(account, request), body);
        return status(201, { pattern, note: body.note ?? "" });
      },
      {
        body: t.Object({
          pattern: t.String({ minLength: 3, maxLength: 254, examples: ["@example.com"] }),
          note: t.Optional(t.String({ maxLength: 200, examples: ["the agency"] })),
        }),
        response: { 201: t.Omit(AllowedEmail, ["created_at"]), 422: ProblemError },
        detail: { summary: "Let somebody register to publish", description: "An address, or `@domain`." },
      },
    )
    .delete(
      "/allowed-emails",
      async ({ account, query, request }) => {
        await disallowEmail(kernel, actorOf(account, request), query.pattern);
        return { status: "ok" as const };
      },
      {
        query: t.Object({ pattern: t.String({ minLength: 3, maxLength: 254, examples: ["@example.com"] }) }),
        response: { 200: Done, 404: ProblemError, 422: ProblemError },
        detail: { summary: "Take an entry off the list", description: "Accounts that exist stay." },
      },
    );
};
