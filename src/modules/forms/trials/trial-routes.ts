import { Elysia, t } from "elysia";
import { originOf } from "#/kernel/audit";
import { jsonBody } from "#/kernel/http";
import { ProblemError } from "#/kernel/http/error-schemas";
import type { Kernel } from "#/kernel/kernel";
import { signedIn } from "#/modules/accounts";
import { formsOf } from "../catalogue/forms-registry";
import { Slug } from "../catalogue/slug";
import { testForm } from "./test-form";

/** Trying a form out is for devs. */
export const formTests = (kernel: Kernel) =>
  new Elysia({ name: "forms.tests", prefix: "/api/v1/admin/forms", tags: ["team"] })
    .use(signedIn(kernel, { role: "dev", devScope: true }))
    .use(jsonBody)
    .post(
      "/:slug/tests",
      async ({ account, body, params, request, status }) => {
        const tester = { id: account.id, email: account.email, origin: originOf(request) };
        const id = await testForm(kernel, tester, formsOf(kernel).get(params.slug), body.fields);
        return status(202, { id });
      },
      {
        params: t.Object({ slug: Slug }),
        body: t.Object({
          fields: t.Optional(
            t.Record(t.String(), t.Any(), {
              description:
                "What a visitor would send. Without: the form's examples, with your own address as the visitor's",
              examples: [{ name: "Ada Lovelace", email: "ada@example.com", message: "A test" }],
            }),
          ),
        }),
        response: {
          202: t.Object({ id: t.String({ format: "uuid" }) }),
          400: ProblemError,
          413: ProblemError,
          422: ProblemError,
        },
        detail: {
          summary: "Send a test message through a form",
          description:
            "Judged as wanted, and delivered by every channel of the form, marked as a test where the channel can say so. It stands in no list, figure or export, and is removed after seven days.",
        },
      },
    );
