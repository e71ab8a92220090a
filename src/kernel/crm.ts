import type { CallResult } from "./call-result";

/** A contact as a form tells of it. Property names are the vendor's. */
export type CrmContact = { email: string; properties: Readonly<Record<string, string>> };
export type CrmDeal = { kind: "demo" | "quote"; name: string };

/**
 * How a note or deal is known again: the vendor takes no key, so it carries `key`, the delivery's id. Where an earlier
 * attempt was begun and nobody kept its end, it `mayExist`, and is looked for before it is written again.
 */
export type CrmMark = { key: string; mayExist: boolean };

/**
 * Where customers are kept. Each step answers with the id of what it made; the caller keeps it before the next one.
 * A lost answer is `retry`, because the repeated step looks first.
 */
export type Crm = {
  /** False where none is configured: no deliveries are planned. */
  available: boolean;
  name: string;
  upsertContact(contact: CrmContact): Promise<CallResult<{ contactId: string }>>;
  /** `html` is already escaped; at most 65,000 characters. */
  addNote(contactId: string, html: string, mark: CrmMark): Promise<CallResult<{ noteId: string }>>;
  /** Whether deals of this kind are to be written. */
  takesDeal(kind: CrmDeal["kind"]): boolean;
  addDeal(contactId: string, deal: CrmDeal, mark: CrmMark): Promise<CallResult<{ dealId: string }>>;
  /** The contact property that a form's field is kept in; undefined: it goes into the note. */
  propertyOf(field: string): string | undefined;
  probe(): Promise<CallResult<{ detail: string }>>;
};

const none = {
  kind: "refused",
  why: { code: "not_configured", text: "No CRM is configured" },
} as const;

export const noCrm: Crm = {
  available: false,
  name: "none",
  upsertContact: async () => none,
  addNote: async () => none,
  takesDeal: () => false,
  addDeal: async () => none,
  propertyOf: () => undefined,
  probe: async () => none,
};
