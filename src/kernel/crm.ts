import type { CallResult } from "./call-result";

/** A contact as a form tells of it. Property names are the vendor's. */
export type CrmContact = { email: string; properties: Readonly<Record<string, string>> };
export type CrmDeal = { kind: "demo" | "quote"; name: string };

/**
 * Where customers are kept. Each step answers with the id of what it made; the caller keeps it before the next one.
 * `key` is the delivery's id: the vendor takes none, so what may have been written already is looked for by it.
 */
export type Crm = {
  /** False where none is configured: no deliveries are planned. */
  available: boolean;
  name: string;
  upsertContact(contact: CrmContact): Promise<CallResult<{ contactId: string }>>;
  /** `html` is already escaped; at most 65,536 characters. */
  addNote(contactId: string, html: string, key: string): Promise<CallResult<{ noteId: string }>>;
  /** Whether deals of this kind are to be written. */
  takesDeal(kind: CrmDeal["kind"]): boolean;
  addDeal(contactId: string, deal: CrmDeal, key: string): Promise<CallResult<{ dealId: string }>>;
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
