import { Elysia, t } from "elysia";
import { audit, originOf } from "#/kernel/audit";
import { notFound } from "#/kernel/errors";
import { attachment } from "#/kernel/http";
import { ProblemError } from "#/kernel/http/error-schemas";
import { Flag, flagOf } from "#/kernel/http/list-parameters";
import { oneOf } from "#/kernel/http/one-of";
import type { Kernel } from "#/kernel/kernel";
import { signedIn } from "#/modules/accounts";
import { formsOf } from "../catalogue/forms-registry";
import { Slug } from "../catalogue/slug";
import { submissionStates } from "../tables";
import { exportFormats, exportSubmissions } from "./export-submissions";
import { Filters, readSpan } from "./filters";
import { streamPieces } from "./stream-pieces";

const exportTypes = {
  csv: "text/csv; charset=utf-8",
  json: "application/json",
  ndjson: "application/x-ndjson",
};

const File = {
  description: "The file",
  content: {
    "text/csv": { schema: { type: "string" }, example: "id,form,received_at,state,handling,name\r\n" },
    "application/json": { schema: { type: "array", items: { type: "object" } } },
    "application/x-ndjson": { schema: { type: "string" } },
  },
} as const;

/** The messages of a form as a file. */
export const submissionExport = (kernel: Kernel) =>
  new Elysia({ name: "forms.export", prefix: "/api/v1/admin", tags: ["team"] })
    .use(signedIn(kernel, { role: "editor" }))
    .get(
      "/submissions/export",
      async ({ account, query, request }) => {
        const { form, format = "csv", include, bom = "false", ...given } = query;
        if (!formsOf(kernel).slugs().includes(form)) throw notFound("form");
        const filters = readSpan(given);
        await audit(kernel.db, {
          event: "submission.exported",
          actor: account.id,
          subject: { type: "form", id: form },
          // Which filters, and not their values: an address would stay as long as the event.
          data: { format, filters: Object.keys(filters).toSorted() },
          origin: originOf(request),
        });
        const pieces = exportSubmissions(kernel.db, {
          form,
          format,
          withSpam: include === "spam",
          withMark: flagOf(bom),
          filters,
        });
        const stamp = kernel
          .now()
          .toISOString()
          .replace(/[-:]|\.\d+/g, "");
        return new Response(streamPieces(pieces), {
          headers: {
            "content-type": exportTypes[format],
            "content-disposition": attachment(`form-${form}-submissions-${stamp}.${format}`),
          },
        });
      },
      {
        query: t.Object({
          form: Slug,
          format: t.Optional(oneOf([...exportFormats])),
          include: t.Optional(t.Literal("spam")),
          bom: t.Optional(Flag),
          state: t.Optional(oneOf([...submissionStates])),
          ...Filters.properties,
        }),
        response: { 404: ProblemError, 422: ProblemError },
        detail: {
          summary: "Export the messages of a form",
          description:
            "Oldest first, spam only on request. In CSV a cell that begins like a formula gets a leading `'`, and `bom=true` puts a byte order mark in front; JSON and NDJSON are lossless. A break in the middle aborts the connection.",
          responses: { 200: File },
        },
      },
    );
