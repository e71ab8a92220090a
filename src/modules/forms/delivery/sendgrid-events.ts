import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { Elysia, t } from "elysia";
import { notFound, unauthorized } from "#/kernel/errors";
import { parseJson, readBytes } from "#/kernel/http";
import { ProblemError } from "#/kernel/http/error-schemas";
import type { Kernel } from "#/kernel/kernel";
import { UUID } from "#/kernel/uuid";
import { type Bounce, noteBounce } from "./note-bounce";
import { isSignedBySendgrid, readWebhookKey } from "./sendgrid-signature";

/** Bytes; SendGrid sends what has gathered in a second, or 768 KB. */
const maxBytes = 1024 * 1024;

/** The members we read; `delivery` is what we gave along as `custom_args`, which come back beside the others. */
const Event = Type.Object({
  event: Type.Union([Type.Literal("bounce"), Type.Literal("dropped"), Type.Literal("spamreport")]),
  delivery: Type.String({ pattern: UUID }),
  type: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
});

const signed = (name: string, description: string, example: string) => ({
  name: `X-Twilio-Email-Event-Webhook-${name}`,
  in: "header",
  description,
  schema: { type: "string" as const },
  example,
});

/** What SendGrid tells of mails that it had taken: bounces, refusals of its own, complaints. */
export function sendgridEvents(kernel: Kernel) {
  const { SENDGRID_WEBHOOK_KEY } = kernel.config;
  const key = SENDGRID_WEBHOOK_KEY ? readWebhookKey(SENDGRID_WEBHOOK_KEY) : undefined;
  return new Elysia({ name: "forms.sendgrid-events", tags: ["vendors"] }).post(
    "/webhooks/sendgrid",
    async ({ request, set }) => {
      if (!key) throw notFound("address");
      const bytes = await readBytes(request, maxBytes);
      if (!isSignedBySendgrid(key, request.headers, bytes, kernel.now()))
        throw unauthorized("bad_signature", "The signature is missing, wrong, or too old");
      for (const bounce of readBounces(bytes)) await noteBounce(kernel, bounce);
      set.status = 202;
    },
    {
      parse: "none",
      response: {
        202: t.Void(),
        400: ProblemError,
        401: ProblemError,
        404: ProblemError,
        408: ProblemError,
        413: ProblemError,
        415: ProblemError,
      },
      detail: {
        summary: "Events of SendGrid",
        description:
          'The signed event webhook of SendGrid, as JSON: `[{"event":"bounce","email":"visitor@example.org","delivery":"0199f3c2-5b1e-7000-8000-0000000000a1","reason":"550 5.1.1 unknown user"}]`. `bounce`, `dropped` and `spamreport` of our own mails end their delivery; everything else is taken and left alone. The signature is over the bytes of the body, so it is looked at first. Closed unless `SENDGRID_WEBHOOK_KEY` is set.',
        parameters: [
          signed("Signature", "ECDSA (P-256, SHA-256) over timestamp and body, in base64", "MEUCIQ…"),
          signed("Timestamp", "Seconds since 1970, at most five minutes from now", "1794300000"),
        ],
      },
    },
  );
}

/** Those of the events that end a delivery of ours; whatever else was signed is left alone. */
function readBounces(bytes: Uint8Array): Bounce[] {
  let events: unknown;
  try {
    events = parseJson(bytes);
  } catch {
    return [];
  }
  return (Array.isArray(events) ? events : []).filter((event) => Value.Check(Event, event)).map(toBounce);
}

function toBounce(event: Static<typeof Event>): Bounce {
  const text = (event.reason ?? "").toWellFormed().replace(/\p{Cc}+/gu, " ");
  const error = event.event === "spamreport" ? "complained" : "bounced";
  return { deliveryId: event.delivery, error, suppression: suppressionOf(event), text };
}

/** SendGrid's reasons ("Event Webhook Reference"): a block is about us or the moment, and a quota about our account. */
function suppressionOf({ event, type, reason = "" }: Static<typeof Event>): Bounce["suppression"] {
  if (event === "spamreport") return "complained";
  if (event === "bounce") return type === "blocked" ? undefined : "bounced";
  if (/spam reporting/i.test(reason)) return "complained";
  if (/unsubscribed/i.test(reason)) return "declined";
  return /bounced|invalid/i.test(reason) ? "bounced" : undefined;
}
