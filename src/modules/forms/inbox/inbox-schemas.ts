import { t } from "elysia";
import { oneOf } from "#/kernel/http/one-of";
import { compiledForms } from "../catalogue/compiled-forms";
import { type FormDefinition, isOpen } from "../catalogue/form-definition";
import { receivedAt } from "../received-at";
import { featureKinds } from "../screening/spam-features";
import { handlings, submissionStates } from "../tables";
import type { FormFigures } from "./count-submissions";
import type { ListedSubmission } from "./list-submissions";
import type { readSubmission } from "./read-submission";

const Moment = t.String({ format: "date-time", examples: ["2026-11-21T09:30:00.000Z"] });
const Count = t.Integer({ minimum: 0, examples: [3] });
const id = "0199f3c2-5b1e-7000-8000-0000000000a1";
const State = oneOf([...submissionStates, "erased"]);

/** A message as a list shows it. */
export const Message = t.Object({
  id: t.String({ format: "uuid", examples: [id] }),
  form: t.String({ examples: ["contact"] }),
  received_at: Moment,
  state: State,
  handling: oneOf([...handlings]),
  score: t.Nullable(t.Integer({ examples: [5] })),
  version: t.Integer({ examples: [0] }),
  fields: t.Record(t.String(), t.Any(), { examples: [{ name: "Ada Lovelace", message: "Hello" }] }),
});

export const Note = t.Object({
  id: t.String({ format: "uuid", examples: ["0199f3c2-5b1e-7000-8000-0000000000b2"] }),
  created_at: Moment,
  author_id: t.Nullable(t.Integer({ examples: [1] })),
  text: t.String({ examples: ["Called back."] }),
});

const Attempt = t.Object({
  n: t.Integer({ examples: [1] }),
  started_at: Moment,
  took_ms: t.Integer({ examples: [120] }),
  outcome: t.String({ examples: ["ok"] }),
  status: t.Nullable(t.Integer()),
  summary: t.String({ description: "What the other side said" }),
});

/** A message with everything that belongs to it. */
export const WholeMessage = t.Object({
  ...Message.properties,
  door: t.String({ examples: ["/api/contact"] }),
  language: t.String({ examples: ["en"] }),
  subject: t.Nullable(t.String()),
  reply_to: t.Nullable(t.String({ examples: ["ada@example.com"] })),
  origin: t.Nullable(t.String({ examples: ["https://www.example.com"] })),
  client: t.Nullable(t.String({ examples: ["203.0.113.7"] })),
  user_agent: t.Nullable(t.String({ examples: ["Firefox"] })),
  judged_at: t.Nullable(Moment),
  reasons: t.Array(t.Object({ code: t.String(), points: t.Integer(), text: t.String() })),
  deliveries: t.Array(
    t.Object({
      id: t.String({ format: "uuid" }),
      channel: t.String({ examples: ["owner_email"] }),
      target: t.String({ examples: ["team@example.com"] }),
      state: t.String({ examples: ["delivered"] }),
      next_at: t.Nullable(Moment),
      attempts: t.Array(Attempt),
    }),
  ),
  notes: t.Array(Note),
  features: t.Array(
    t.Object({
      kind: oneOf([...featureKinds], { examples: ["word"] }),
      value: t.String({ examples: ["backlinks"] }),
      spam: t.Integer({ description: "Messages called spam that had it", examples: [14] }),
      wanted: t.Integer({ description: "Messages wanted that had it", examples: [0] }),
      weight: t.Number({ description: "Log odds; below 0 it speaks for the message", examples: [3.4] }),
    }),
    { description: "The ten strongest of what the spam model goes by; none while it has too few lessons" },
  ),
});

export const Form = t.Object({
  slug: t.String({ examples: ["contact"] }),
  title: t.String({ examples: ["Contact"] }),
  built_in: t.Boolean({ examples: [true] }),
  open: t.Boolean({ examples: [true] }),
  doors: t.Array(t.String({ examples: ["/api/contact"] })),
  fields: t.Array(t.Object({ name: t.String(), type: t.String(), required: t.Boolean() })),
  counts: t.Object({ received: Count, inbox: Count, held: Count, spam: Count }),
  newest_at: t.Nullable(Moment),
});

export const showListed = ({ fields, ...message }: ListedSubmission) => ({
  ...message,
  received_at: receivedAt(message.id).toISOString(),
  fields: { ...fields },
});

export function showMessage({
  submission,
  deliveries,
  notes,
  features,
}: Awaited<ReturnType<typeof readSubmission>>): typeof WholeMessage.static {
  const { id, form, state, handling, score, version, fields, door, language, subject, origin, client } =
    submission;
  return {
    ...showListed({ id, form, state, handling, score, version, fields }),
    door,
    language,
    subject,
    reply_to: submission.replyTo,
    origin,
    client,
    user_agent: submission.userAgent,
    judged_at: submission.judgedAt?.toISOString() ?? null,
    reasons: submission.reasons,
    deliveries: deliveries.map(({ id, channel, target, state, nextAt, attempts }) => ({
      id,
      channel,
      target,
      state,
      next_at: nextAt?.toISOString() ?? null,
      attempts: attempts.map(({ n, startedAt, tookMs, outcome, status, summary }) => ({
        n,
        started_at: startedAt.toISOString(),
        took_ms: tookMs,
        outcome,
        status,
        summary,
      })),
    })),
    notes: notes.map(({ id, createdAt, authorId, text }) => ({
      id,
      created_at: createdAt.toISOString(),
      author_id: authorId,
      text,
    })),
    features: features.map(({ ham, weight, ...feature }) => ({
      ...feature,
      wanted: ham,
      weight: Math.round(weight * 100) / 100,
    })),
  };
}

export function showForm(
  definition: FormDefinition,
  { form, newest, ...counts }: FormFigures,
  now: Date,
): typeof Form.static {
  return {
    slug: form,
    title: definition.title.en ?? form,
    built_in: compiledForms.has(form),
    open: isOpen(definition, now),
    doors: [...definition.doors],
    fields: definition.fields.map(({ name, type, required = false }) => ({ name, type, required })),
    counts,
    newest_at: newest === null ? null : receivedAt(newest).toISOString(),
  };
}
