import { t } from "elysia";
import { Moment, momentOf } from "#/kernel/http/list-parameters";
import { oneOf } from "#/kernel/http/one-of";
import { handlings } from "../tables";

/** What a list and an export are narrowed by. */
export const Filters = t.Object({
  handling: t.Optional(oneOf([...handlings])),
  email: t.Optional(
    t.String({
      maxLength: 254,
      // No database takes a NUL.
      pattern: "^[^\\u0000]*$",
      description: "The sender's address",
      examples: ["ada@example.com"],
    }),
  ),
  q: t.Optional(
    t.String({ maxLength: 200, description: "Words that the message holds", examples: ["prices"] }),
  ),
  since: t.Optional(Moment),
  until: t.Optional(Moment),
});

/** Moments instead of their texts. Refuses with 422 days that do not exist. */
export const readSpan = <Given extends { since?: string; until?: string }>({
  since,
  until,
  ...others
}: Given) => ({
  ...others,
  ...(since !== undefined && { since: momentOf("since", since) }),
  ...(until !== undefined && { until: momentOf("until", until) }),
});
