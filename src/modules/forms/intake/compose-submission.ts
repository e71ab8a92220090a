import type { Client } from "#/kernel/http";
import type { Kernel } from "#/kernel/kernel";
import type { Checked } from "../catalogue/compile-form";
import type { IntakeFacts } from "../tables";
import { contentHash } from "./content-hash";
import { createRetryTickets, retryKey } from "./retry-keys";
import type { NewSubmission } from "./store-submissions";
import type { Visit } from "./visit";

/** What the row needs beside what the visitor wrote. */
export type Arrival = { client: Client; headerKey: string | undefined; intake: IntakeFacts };

const USER_AGENT_CHARACTERS = 512;

/** Makes the row of a checked post, and the ticket by which a page that could not be answered may send it again. */
export function createComposer({ config }: Pick<Kernel, "config">) {
  const tickets = createRetryTickets(config);
  const windowSeconds = config.FORMS_DUPLICATE_WINDOW;

  return {
    issueTicket: tickets.issue,
    compose(visit: Visit, checked: Extract<Checked, { ok: true }>, arrival: Arrival): NewSubmission {
      const { request, door, language, posted, origin } = visit;
      const { fields, emailNormalised, replyTo } = checked;
      const { client, headerKey, intake } = arrival;
      const form = visit.form.definition.slug;
      const control = posted?.control;
      const hash = contentHash(fields);
      return {
        id: tickets.redeem(control?.id, { form, contentHash: hash }) ?? Bun.randomUUIDv7(),
        form,
        formVersion: visit.form.version,
        door,
        fields,
        language,
        emailNormalised: emailNormalised ?? null,
        subject: control?.subject ?? null,
        replyTo: replyTo ?? null,
        client: client.address,
        userAgent: request.headers.get("user-agent")?.slice(0, USER_AGENT_CHARACTERS) ?? null,
        origin: origin ?? null,
        contentHash: hash,
        intake,
        ...retryKey({ headerKey, pageId: control?.id, client: client.key, contentHash: hash, windowSeconds }),
      };
    },
  };
}
