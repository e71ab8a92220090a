import { Elysia, t } from "elysia";
import { originOf } from "#/kernel/audit";
import { createCursors } from "#/kernel/cursor";
import { AppError } from "#/kernel/errors";
import { jsonBody } from "#/kernel/http";
import { ProblemError } from "#/kernel/http/error-schemas";
import { Limit, limitOf, pageOf } from "#/kernel/http/list-parameters";
import { oneOf } from "#/kernel/http/one-of";
import type { Kernel } from "#/kernel/kernel";
import { UUID } from "#/kernel/uuid";
import { signedIn } from "#/modules/accounts";
import { inviteEntries } from "./invite-entries";
import { type ListedEntry, listEntries, placeOf } from "./list-entries";
import { waitlistStates } from "./tables";

const Moment = t.String({ format: "date-time", examples: ["2026-11-21T09:30:00.000Z"] });
const Id = t.String({ pattern: UUID, examples: ["0199f3c2-5b1e-7000-8000-0000000000c3"] });
const Entry = t.Object({
  id: Id,
  submission_id: t.String({ format: "uuid", description: "The message by which they came" }),
  email: t.String({ examples: ["ada@example.com"] }),
  state: oneOf([...waitlistStates]),
  amount_referred: t.Integer({ minimum: 0, examples: [2] }),
  referred_by: t.Nullable(t.String({ format: "uuid", description: "The entry of the friend" })),
  created_at: Moment,
  confirmed_at: t.Nullable(Moment),
  invited_at: t.Nullable(Moment),
});

/** The team's view of the waitlist. */
export const waitlistTeam = (kernel: Kernel) => {
  const cursors = createCursors<string>(kernel.config, "waitlist");
  return new Elysia({ name: "forms.waitlist-team", prefix: "/api/v1/admin", tags: ["team"] })
    .use(signedIn(kernel, { role: "editor" }))
    .get(
      "/waitlist",
      async ({ query }) => {
        const { state = "confirmed", after } = query;
        const limit = limitOf(query.limit);
        const rows = await listEntries(kernel.db, {
          state,
          limit: limit + 1,
          ...(after !== undefined && { after: cursors.read(after, { state }) }),
        });
        const { items, next } = pageOf(rows, limit, (last) => cursors.issue(placeOf(last), { state }));
        return { items: items.map(showListed), next };
      },
      {
        query: t.Object({
          state: t.Optional(oneOf([...waitlistStates])),
          limit: t.Optional(Limit),
          after: t.Optional(t.String({ maxLength: 512, description: "`next` of the page before" })),
        }),
        response: {
          200: t.Object({ items: t.Array(Entry), next: t.Nullable(t.String()) }),
          422: ProblemError,
        },
        detail: {
          summary: "List the waitlist",
          description: "Who is next stands first; without `state` those who are confirmed and not invited.",
        },
      },
    );
};

/** Inviting is for devs. */
export const waitlistInvitations = (kernel: Kernel) =>
  new Elysia({ name: "forms.waitlist-invitations", prefix: "/api/v1/admin/waitlist", tags: ["team"] })
    .use(signedIn(kernel, { role: "dev", devScope: true }))
    .use(jsonBody)
    .post(
      "/invitations",
      async ({ account, body: { ids, count }, request }) => {
        const actor = { id: account.id, origin: originOf(request) };
        if (ids && count === undefined) return { invited: await inviteEntries(kernel, actor, { ids }) };
        if (count !== undefined && !ids) return { invited: await inviteEntries(kernel, actor, { count }) };
        throw new AppError(422, "invalid", "Some fields need attention", {
          errors: [{ field: "ids", code: "required", detail: "Name either ids or count" }],
        });
      },
      {
        body: t.Object(
          {
            ids: t.Optional(t.Array(Id, { minItems: 1, maxItems: 500, description: "Entries of the list" })),
            count: t.Optional(t.Integer({ minimum: 1, maximum: 500, description: "Or: the next so many" })),
          },
          { examples: [{ count: 10 }] },
        ),
        response: {
          200: t.Object({ invited: t.Array(Id, { description: "Those who were waiting, in their order" }) }),
          422: ProblemError,
        },
        detail: {
          summary: "Invite people from the waitlist",
          description:
            "By mail, each once. Who is not confirmed, or was invited before, is passed over. Name `ids` or `count`.",
        },
      },
    );

const showListed = (entry: ListedEntry): typeof Entry.static => ({
  id: entry.id,
  submission_id: entry.submissionId,
  email: entry.emailNormalised,
  state: entry.state,
  amount_referred: entry.credited,
  referred_by: entry.referredBy,
  created_at: entry.createdAt.toISOString(),
  confirmed_at: entry.confirmedAt?.toISOString() ?? null,
  invited_at: entry.invitedAt?.toISOString() ?? null,
});
