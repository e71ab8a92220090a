import { Elysia, t } from "elysia";
import { originOf } from "#/kernel/audit";
import { createCursors } from "#/kernel/cursor";
import { jsonBody } from "#/kernel/http";
import { ProblemError } from "#/kernel/http/error-schemas";
import { Limit, limitOf, pageOf } from "#/kernel/http/list-parameters";
import type { Kernel } from "#/kernel/kernel";
import { type Account, signedIn } from "#/modules/accounts";
import { changeForm, deleteForm } from "./change-form";
import { createForm } from "./create-form";
import { WireChange, WireForm } from "./definition-schema";
import { Explanation, explainPost } from "./explain-post";
import { formsOf } from "./forms-registry";
import { FormVersion, listVersions, readForm, WholeForm } from "./read-form";
import { toDefinition } from "./wire-form";

const Slug = t.String({
  pattern: "^[a-z0-9][a-z0-9_-]{0,63}$",
  description: "The form's name",
  examples: ["feedback"],
});
const actorOf = (account: Account, request: Request) => ({ id: account.id, origin: originOf(request) });

/** What editors read of the forms. */
export const formReading = (kernel: Kernel) => {
  const { config, db } = kernel;
  const cursors = createCursors<number>(config, "form-versions");

  return new Elysia({ name: "forms.reading", prefix: "/api/v1/admin/forms", tags: ["team"] })
    .use(signedIn(kernel, { role: "editor" }))
    .get("/:slug", async ({ params }) => readForm(db, params.slug), {
      params: t.Object({ slug: Slug }),
      response: { 200: WholeForm },
      detail: { summary: "Read a form", description: "Also a deleted one: `deleted_at` says so." },
    })
    .get(
      "/:slug/versions",
      async ({ params: { slug }, query }) => {
        const limit = limitOf(query.limit);
        const before = query.after === undefined ? undefined : cursors.read(query.after, { slug });
        const versions = await listVersions(db, slug, { before, limit: limit + 1 });
        return pageOf(versions, limit, ({ version }) => cursors.issue(version, { slug }));
      },
      {
        params: t.Object({ slug: Slug }),
        query: t.Object({
          limit: t.Optional(Limit),
          after: t.Optional(t.String({ maxLength: 512, description: "`next` of the page before" })),
        }),
        response: {
          200: t.Object({ items: t.Array(FormVersion), next: t.Nullable(t.String()) }),
          422: ProblemError,
        },
        detail: {
          summary: "List the versions of a form",
          description: "Newest first. A message is read with the version it was checked with.",
        },
      },
    );
};

/** What devs do with the forms. */
export const formEditing = (kernel: Kernel) => {
  const { db } = kernel;

  return new Elysia({ name: "forms.editing", prefix: "/api/v1/admin/forms", tags: ["team"] })
    .use(signedIn(kernel, { role: "dev", devScope: true }))
    .use(jsonBody)
    .post(
      "",
      async ({ account, body: { slug, ...written }, request, status }) => {
        const definition = { slug, doors: [`/f/${slug}`], ...toDefinition(written) };
        await createForm(kernel, actorOf(account, request), definition);
        return status(201, await readForm(db, slug));
      },
      {
        body: t.Object({ slug: Slug, ...WireForm.properties }),
        response: { 201: WholeForm, 409: ProblemError, 422: ProblemError },
        detail: {
          summary: "Add a form",
          description:
            "It takes messages at `/f/<slug>` at once, here and within two seconds everywhere. Members that are not listed are left out.",
        },
      },
    )
    .patch(
      "/:slug",
      async ({ account, body, params, request }) => {
        await changeForm(kernel, actorOf(account, request), params.slug, body);
        return readForm(db, params.slug);
      },
      {
        params: t.Object({ slug: Slug }),
        body: t.Object({
          version: t.Integer({
            minimum: 0,
            maximum: 2_147_483_647,
            description: "Of the form as it was read: another one is 409 `version_conflict`",
            examples: [1],
          }),
          ...WireChange.properties,
        }),
        response: { 200: WholeForm, 409: ProblemError, 410: ProblemError, 422: ProblemError },
        detail: {
          summary: "Change a form",
          description:
            "Each member as a whole; null takes a setting back to its default. The fields that a built-in form comes with stay as they are.",
        },
      },
    )
    .delete(
      "/:slug",
      async ({ account, params, request, status }) => {
        await deleteForm(kernel, actorOf(account, request), params.slug);
        return status(204, undefined);
      },
      {
        params: t.Object({ slug: Slug }),
        response: { 204: t.Undefined(), 409: ProblemError, 410: ProblemError },
        detail: {
          summary: "Delete a form",
          description: "It answers 410 from now on; its messages stay, and its name is not given again.",
        },
      },
    )
    .post(
      "/:slug/explanations",
      async ({ body, params }) => ({
        checks: explainPost(kernel, formsOf(kernel).get(params.slug), body),
      }),
      {
        params: t.Object({ slug: Slug }),
        body: t.Object({
          origin: t.String({
            maxLength: 300,
            description: "Of the page that would post",
            examples: ["https://www.example.com"],
          }),
          content_type: t.Optional(t.String({ maxLength: 200, examples: ["application/json"] })),
          next: t.Optional(t.String({ maxLength: 2048, examples: ["https://www.example.com/thanks"] })),
        }),
        response: { 200: Explanation, 410: ProblemError, 422: ProblemError },
        detail: {
          summary: "Explain what would become of a post",
          description: "The decision of each check, in order. Nothing is sent or stored.",
        },
      },
    );
};
