import { Elysia, t } from "elysia";
import type { AppError } from "#/kernel/errors";
import { PlainError, ProblemError } from "#/kernel/http/error-schemas";
import { oneOf } from "#/kernel/http/one-of";
import type { Kernel } from "#/kernel/kernel";
import type { CompiledForm } from "./catalogue/compile-form";
import { compiledForms } from "./catalogue/compiled-forms";
import { requestBodyOf } from "./catalogue/describe-form";
import { formsOf } from "./catalogue/forms-registry";
import { htmlSnippet } from "./catalogue/html-snippet";
import { Slug } from "./catalogue/slug";
import { createAdmission } from "./intake/admit-post";
import { createIntakeQueue, type IntakeQueue } from "./intake/intake-queue";
import { measureForms, measureIntake } from "./intake/measure-forms";
import { createPostReceiver } from "./intake/receive-post";
import { allRequired, speaksProblem } from "./intake/refuse-fields";
import { findKeyHolder, storeSubmissions } from "./intake/store-submissions";
import { refuseForm } from "./pages/refuse-form";
import { showForm, showThanks } from "./pages/show-form";
import { ShownEntry } from "./waitlist/show-entry";

const Received = t.Object({ status: t.Literal("ok"), message: t.Literal("Form received") });
const ReceivedWithId = t.Object({
  ...Received.properties,
  ok: t.Literal(true),
  id: t.String({ format: "uuid" }),
  next: t.Nullable(t.String()),
  ...t.Partial(
    t.Object({
      confirmation: oneOf(["sent", "unavailable"], {
        description:
          "Where the address must be confirmed: the mail is on its way, for whoever posts; or no mail can be sent",
      }),
      ...ShownEntry.properties,
    }),
  ).properties,
});
const Page = t.String({ description: "A page" });
const idempotencyKey = {
  name: "Idempotency-Key",
  in: "header",
  description: "Makes sending again safe: with the same key and body the first answer comes again",
  schema: { type: "string" as const, minLength: 1, maxLength: 255 },
  example: "3f1c8f0e-order-17",
};
const refusals = [400, 403, 413, 415, 422, 429, 503] as const;
/** Where the name of the form is in the address. */
const unknownForm = [404, 410] as const;

/** What visitors send: the documented addresses, and `/f/:form` for every form of the catalogue. */
export function publicForms(kernel: Kernel, intake: Intake) {
  const receive = createPostReceiver(kernel, intake);
  const forms = () => formsOf(kernel);
  const withForm = <Answer>(slug: string, request: Request, answer: (form: CompiledForm) => Answer) => {
    let form: CompiledForm;
    try {
      form = forms().get(slug);
    } catch (refusal) {
      return refuseForm(kernel.config, request, refusal);
    }
    return answer(form);
  };
  const app = new Elysia({ name: "forms.public", tags: ["forms"] });
  const site = kernel.config.PUBLIC_URL ?? `http://localhost:${kernel.config.PORT}`;
  for (const form of compiledForms.values())
    addDoors(app, form, (door, request) => receive(forms().get(form.definition.slug), door, request), site);
  return app
    .post(
      "/f/:form",
      async ({ params: { form: slug }, request }) =>
        withForm(slug, request, (form) => receive(form, `/f/${slug}`, request)),
      {
        parse: "none",
        params: t.Object({ form: Slug }),
        response: responsesOf("/f"),
        detail: {
          summary: "Send a form",
          description: everyForm(),
          parameters: [idempotencyKey],
          requestBody: requestBodyOf(compiledForms.get("contact")!),
        },
      },
    )
    .get(
      "/f/:form",
      async ({ params, request }) =>
        withForm(params.form, request, (form) => showForm(kernel, form, request)),
      {
        params: t.Object({ form: Slug }),
        response: { 200: Page, 404: PlainError, 410: PlainError, 503: PlainError },
        detail: { summary: "The form as a page", description: "Works without script." },
      },
    )
    .get(
      "/f/:form/thanks",
      async ({ params, query, request }) =>
        withForm(params.form, request, (form) => showThanks(kernel.config, form, request, query.lang)),
      {
        params: t.Object({ form: Slug }),
        query: t.Object({ lang: t.Optional(t.String({ maxLength: 35, examples: ["en"] })) }),
        response: { 200: Page, 404: PlainError, 410: PlainError, 503: PlainError },
        detail: { summary: "What a visitor sees after sending" },
      },
    );
}

export type Intake = Pick<IntakeQueue, "submit" | "find"> & {
  /** Refuses a post on arrival while too many messages wait. */
  refusalOf(request: Request): AppError | undefined;
};

/** The queue that every door leads to. */
export function openIntake(kernel: Kernel): Intake {
  const admission = createAdmission(kernel.config.FORMS_QUEUE);
  const meter = measureIntake(kernel.metrics);
  const embedded = kernel.database.kind === "embedded";
  const intake = createIntakeQueue({
    store: (batch) => storeSubmissions(kernel, batch),
    findKeyHolder: (submission) => findKeyHolder(kernel.db, submission),
    log: kernel.log,
    // Half the processor time a row that batches of 64 take; 512 would save little more, and PGlite blocks meanwhile.
    batchRows: 256,
    meter: {
      ...meter,
      committed(rows, behind) {
        meter.committed(rows, behind);
        admission.committed(rows, behind);
      },
    },
    // PGlite runs one transaction at a time; PostgreSQL commits one batch while the next is written.
    writers: embedded ? 1 : 2,
    capacity: admission.limit,
  });
  // Fewer than this are stored within one short batch, and nobody notices a judge between two of them.
  kernel.jobs.yieldTo(() => intake.size() >= 64);
  measureForms(kernel, intake.size);
  return { ...intake, refusalOf: (request) => admission.refusalOf(request, intake.size()) };
}

/** The addresses of a form besides `/f/<slug>`; `site` is where this service is reached. */
function addDoors(
  app: Elysia,
  form: CompiledForm,
  post: (door: string, request: Request) => Promise<Response>,
  site: string,
): void {
  for (const door of form.definition.doors.filter((path) => !path.startsWith("/f/"))) {
    app.post(door, async ({ request }) => post(door, request), {
      parse: "none",
      response: responsesOf(door),
      detail: {
        summary: form.definition.title.en ?? form.definition.slug,
        description: `As HTML:\n\n\`\`\`html\n${htmlSnippet(form.definition, new URL(door, site).href)}\`\`\``,
        parameters: [idempotencyKey],
        requestBody: requestBodyOf(form),
        ...(!speaksProblem(door) && { responses: { 400: incomplete(door) } }),
      },
    });
  }
}

function responsesOf(door: string) {
  const refusal = speaksProblem(door) ? ProblemError : PlainError;
  return {
    200: door === "/api/contact" ? Received : ReceivedWithId,
    303: t.Void({ description: "A browser without script is led to the thank-you page, or to `_next`" }),
    ...Object.fromEntries(refusals.map((status) => [status, refusal])),
    ...(door === "/f" && Object.fromEntries(unknownForm.map((status) => [status, refusal]))),
  };
}

/** What existing sites compare; only the contact form answers with nothing besides. */
function incomplete(door: string) {
  const fields = { name: { code: "required", message: "This field is required" } };
  const missing = { error: allRequired, ...(door !== "/api/contact" && { code: "required", fields }) };
  const invalid = {
    error: "Enter one e-mail address, such as name@example.com",
    code: "invalid",
    fields: {
      email: { code: "invalid_email", message: "Enter one e-mail address, such as name@example.com" },
    },
  };
  return {
    description: "A required field is missing or blank, or another rule of a field is broken",
    content: {
      "application/json": {
        examples: {
          missing: { summary: "A required field is missing or blank", value: missing },
          invalid: { summary: "Another rule is broken", value: invalid },
        },
      },
    },
  };
}

/** One documented path for all forms; each of them is an example. */
const everyForm = (): string =>
  [
    "Any form, as JSON, urlencoded or multipart: those that the team has added, and",
    ...[...compiledForms.values()].map(
      ({ definition }) => `- \`${definition.slug}\`: ${definition.title.en}`,
    ),
  ].join("\n");
