import { Elysia, t } from "elysia";
import { originOf } from "#/kernel/audit";
import { createCursors } from "#/kernel/cursor";
import { jsonBody } from "#/kernel/http";
import { ProblemError } from "#/kernel/http/error-schemas";
import { Limit, limitOf } from "#/kernel/http/list-parameters";
import { oneOf } from "#/kernel/http/one-of";
import type { Kernel } from "#/kernel/kernel";
import { UUID } from "#/kernel/uuid";
import { type Account, signedIn } from "#/modules/accounts";
import { Slug } from "../catalogue/slug";
import { handlings, submissionStates } from "../tables";
import { Filters, readSpan } from "./filters";
import { addNote, correctVerdict, eraseSubmission, removeNote, setHandling } from "./handle-submission";
import { Form, Message, Note, showListed, showMessage, WholeMessage } from "./inbox-schemas";
import { listForms } from "./list-forms";
import { listSubmissions } from "./list-submissions";
import { readSubmission } from "./read-submission";

const Id = t.String({ pattern: UUID, examples: ["0199f3c2-5b1e-7000-8000-0000000000a1"] });
const NoteId = t.String({ pattern: UUID, examples: ["0199f3c2-5b1e-7000-8000-0000000000b2"] });
const Version = t.Integer({
  minimum: 0,
  maximum: 2_147_483_647,
  description: "Of the message as it was read: another one is 409 `version_conflict`",
  examples: [0],
});
const actorOf = (account: Account, request: Request) => ({ id: account.id, origin: originOf(request) });
/** The team's inbox: what visitors sent, how it was judged, and who was told. */
export const inbox = (kernel: Kernel) => {
  const { db } = kernel;
  const cursors = createCursors<string>(kernel.config, "submissions");
  const formCursors = createCursors<string>(kernel.config, "forms");
  const whole = async (id: string) => showMessage(await readSubmission(kernel, id));

  return new Elysia({ name: "forms.inbox", prefix: "/api/v1/admin", tags: ["team"] })
    .use(signedIn(kernel, { role: "editor" }))
    .use(jsonBody)
    .get(
      "/submissions",
      async ({ query }) => {
        const { limit, after, ...filters } = query;
        const { items, next } = await listSubmissions(db, {
          ...readSpan(filters),
          limit: limitOf(limit),
          ...(after !== undefined && { after: cursors.read(after, filters) }),
        });
        return { items: items.map(showListed), next: next === null ? null : cursors.issue(next, filters) };
      },
      {
        query: t.Object({
          form: t.Optional(Slug),
          state: t.Optional(oneOf([...submissionStates, "erased"])),
          ...Filters.properties,
          limit: t.Optional(Limit),
          after: t.Optional(t.String({ maxLength: 512, description: "`next` of the page before" })),
        }),
        response: {
          200: t.Object({ items: t.Array(Message), next: t.Nullable(t.String()) }),
          422: ProblemError,
        },
        detail: {
          summary: "List messages",
          description:
            "Newest first; without `state` those in the inbox. `handling` and `q` look through 1,000 messages a call: a page may come back short, or empty, with a `next` that goes on.",
        },
      },
    )
    .get("/submissions/:id", async ({ params }) => whole(params.id), {
      params: t.Object({ id: Id }),
      response: { 200: WholeMessage },
      detail: {
        summary: "Read a message",
        description: "Changes nothing; `handling` says whether it was read.",
      },
    })
    .patch(
      "/submissions/:id",
      async ({ account, body, params, request }) => {
        await setHandling(kernel, actorOf(account, request), params.id, body);
        return whole(params.id);
      },
      {
        params: t.Object({ id: Id }),
        body: t.Object({
          handling: oneOf([...handlings], { examples: ["archived"] }),
          version: Version,
        }),
        response: { 200: WholeMessage, 409: ProblemError, 422: ProblemError },
        detail: { summary: "Say how far the team is with a message" },
      },
    )
    .put(
      "/submissions/:id/verdict",
      async ({ account, body, params, request }) => {
        await correctVerdict(kernel, actorOf(account, request), params.id, body);
        return whole(params.id);
      },
      {
        params: t.Object({ id: Id }),
        body: t.Object({ state: oneOf(["inbox", "spam"]), version: Version }),
        response: { 200: WholeMessage, 409: ProblemError, 422: ProblemError },
        detail: {
          summary: "Correct the verdict",
          description: "Not spam: whoever was not told is told now. Spam: what was not sent is cancelled.",
        },
      },
    )
    .post(
      "/submissions/:id/notes",
      async ({ account, body, params, request, status }) =>
        status(201, await addNote(kernel, actorOf(account, request), params.id, body.text)),
      {
        params: t.Object({ id: Id }),
        body: t.Object({
          text: t.String({ minLength: 1, maxLength: 10_000, pattern: "\\S", examples: ["Called back."] }),
        }),
        response: { 201: Note, 422: ProblemError },
        detail: { summary: "Add a note", description: "For the team alone." },
      },
    )
    .delete(
      "/submissions/:id/notes/:note",
      async ({ account, params, request, status }) => {
        await removeNote(kernel, actorOf(account, request), params);
        return status(204, undefined);
      },
      {
        params: t.Object({ id: Id, note: NoteId }),
        response: { 204: t.Undefined() },
        detail: { summary: "Remove a note" },
      },
    )
    .get(
      "/forms",
      async ({ query }) => {
        const after = query.after === undefined ? {} : { after: formCursors.read(query.after, {}) };
        const { items, next } = await listForms(kernel, { limit: limitOf(query.limit), ...after });
        return { items, next: next === null ? null : formCursors.issue(next, {}) };
      },
      {
        query: t.Object({
          limit: t.Optional(Limit),
          after: t.Optional(t.String({ maxLength: 512, description: "`next` of the page before" })),
        }),
        response: {
          200: t.Object({ items: t.Array(Form), next: t.Nullable(t.String()) }),
          422: ProblemError,
        },
        detail: {
          summary: "The forms and how many messages each has",
          description:
            "Counted by state, each up to 1,000; less far where a page has more than six forms. Built-in ones first, then by name.",
        },
      },
    );
};

/** Erasing is for devs. */
export const submissionErasure = (kernel: Kernel) =>
  new Elysia({ name: "forms.erasure", prefix: "/api/v1/admin/submissions", tags: ["team"] })
    .use(signedIn(kernel, { role: "dev", devScope: true }))
    .delete(
      "/:id",
      async ({ account, params, request, status }) => {
        await eraseSubmission(kernel, actorOf(account, request), params.id);
        return status(204, undefined);
      },
      {
        params: t.Object({ id: Id }),
        response: { 204: t.Undefined() },
        detail: {
          summary: "Erase a message",
          description:
            "Everything personal in it and beside it, notes included. That there was a message, when and to which form, stays.",
        },
      },
    );
