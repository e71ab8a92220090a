import type { CrmDeal } from "#/kernel/crm";
import { inLanguage } from "../../pages/languages";
import { crmContact } from "../crm-contact";
import { crmNote } from "../crm-note";
import type { Attempt, ChannelSender, Sent } from "./channel";

/** The forms whose message begins a sale. */
const dealKinds: Readonly<Record<string, CrmDeal["kind"]>> = {
  "demo-request": "demo",
  "quote-request": "quote",
};

/**
 * Contact, then note, then for demo and quote a deal. What each step made is kept before the next, and that a note or
 * deal was begun before it is written, so that an attempt after a crash looks for it first.
 */
export const hubspot: ChannelSender = {
  channel: "hubspot",
  tells: "inbox",

  async plan({ crm }, _tx, judged) {
    if (!crm.available) return [];
    return judged.flatMap(({ submission: { id, kind, emailNormalised } }) =>
      // A test must leave no contact behind.
      kind === "real" && emailNormalised !== null
        ? [{ submissionId: id, target: crm.name, fate: "ready" as const }]
        : [],
    );
  },

  async send(attempt) {
    const contact = await reachContact(attempt);
    if (contact.kind !== "ok") return contact;
    const note = await reachNote(attempt, contact.value.messageId);
    if (note.kind !== "ok") return note;
    const deal = await reachDeal(attempt, contact.value.messageId);
    if (deal && deal.kind !== "ok") return deal;
    const ids = [
      `contact ${contact.value.messageId}`,
      `note ${note.value.messageId}`,
      ...(deal ? [`deal ${deal.value.messageId}`] : []),
    ];
    return { kind: "ok", value: contact.value, remoteId: ids.join(", ") };
  },
};

const done = (messageId: string): Sent => ({ kind: "ok", value: { messageId } });

async function reachContact({ kernel, delivery, submission, remember }: Attempt): Promise<Sent> {
  const { contact } = delivery.steps;
  if (contact !== undefined) return done(contact);
  const person = crmContact(submission, kernel.crm.propertyOf);
  if (!person) return { kind: "refused", why: { code: "gone", text: "The message has no address any more" } };
  const result = await kernel.crm.upsertContact(person);
  if (result.kind !== "ok") return result;
  await remember({ contact: result.value.contactId });
  return done(result.value.contactId);
}

async function reachNote(attempt: Attempt, contactId: string): Promise<Sent> {
  const { kernel, delivery, submission, form, remember } = attempt;
  const { note, noteBegun } = delivery.steps;
  if (note !== undefined) return done(note);
  if (noteBegun === undefined) await remember({ noteBegun: "yes" });
  const mark = { key: delivery.id, mayExist: noteBegun !== undefined };
  const result = await kernel.crm.addNote(contactId, crmNote(form, submission), mark);
  if (result.kind !== "ok") return result;
  await remember({ note: result.value.noteId });
  return done(result.value.noteId);
}

/** Undefined where this form, or this configuration, makes no deal. */
async function reachDeal(attempt: Attempt, contactId: string): Promise<Sent | undefined> {
  const { kernel, delivery, submission, form, remember } = attempt;
  const { deal, dealBegun } = delivery.steps;
  if (deal !== undefined) return done(deal);
  const kind = Object.hasOwn(dealKinds, submission.form) ? dealKinds[submission.form] : undefined;
  if (kind === undefined || !kernel.crm.takesDeal(kind)) return;
  if (dealBegun === undefined) await remember({ dealBegun: "yes" });
  const { company, name } = submission.fields;
  const customer = [company, name, submission.emailNormalised].find(
    (text) => typeof text === "string" && text,
  );
  const title = inLanguage(form.title, "en", form);
  const mark = { key: delivery.id, mayExist: dealBegun !== undefined };
  const named = { kind, name: [...`${title}: ${customer}`].slice(0, 200).join("") };
  const result = await kernel.crm.addDeal(contactId, named, mark);
  if (result.kind !== "ok") return result;
  await remember({ deal: result.value.dealId });
  return done(result.value.dealId);
}
