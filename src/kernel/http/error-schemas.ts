import { Type } from "@sinclair/typebox";

const FieldProblem = Type.Object({ code: Type.String(), message: Type.String() });

/** The voice `plain`. */
export const PlainError = Type.Object(
  {
    error: Type.String({ description: "A sentence for people" }),
    code: Type.Optional(Type.String({ description: "Stable; for programs" })),
    fields: Type.Optional(Type.Record(Type.String(), FieldProblem)),
    retry_after: Type.Optional(Type.Integer({ description: "Seconds until trying again makes sense" })),
  },
  { title: "PlainError" },
);

/** The voice `problem`: RFC 9457. */
export const ProblemError = Type.Object(
  {
    type: Type.Literal("about:blank"),
    title: Type.String({ description: "The phrase of the status" }),
    status: Type.Integer(),
    detail: Type.String({ description: "A sentence for people" }),
    code: Type.String({ description: "Stable; for programs" }),
    request_id: Type.String(),
    errors: Type.Optional(
      Type.Array(Type.Object({ field: Type.String(), code: Type.String(), detail: Type.String() })),
    ),
  },
  { title: "ProblemError" },
);
