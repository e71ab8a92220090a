import type { Field, FormDefinition } from "./form-definition";

const name: Field = {
  name: "name",
  autocomplete: "name",
  type: "text",
  label: { en: "Name", de: "Name" },
  required: true,
  personal: true,
  example: "Ada Lovelace",
};
const email: Field = {
  name: "email",
  autocomplete: "email",
  type: "email",
  label: { en: "E-mail", de: "E-Mail" },
  required: true,
  personal: true,
  example: "ada@example.com",
};
const company: Field = {
  name: "company",
  autocomplete: "organization",
  type: "text",
  label: { en: "Company", de: "Firma" },
  required: true,
  example: "Analytical Engines Ltd",
};
const phone: Field = {
  name: "phone",
  autocomplete: "tel",
  type: "tel",
  label: { en: "Telephone", de: "Telefon" },
  personal: true,
  example: "+44 20 7946 0123",
};
const message: Field = {
  name: "message",
  type: "longtext",
  label: { en: "Message", de: "Nachricht" },
  required: true,
  personal: true,
  example: "Hello,\nplease call me about your services.",
};
const serviceInterest: Field = {
  name: "service_interest",
  type: "text",
  label: { en: "Service you are interested in", de: "Gewünschte Leistung" },
  example: "Consulting",
};
const role: Field = {
  name: "role",
  autocomplete: "organization-title",
  type: "text",
  label: { en: "Role", de: "Funktion" },
  example: "Head of Engineering",
};

/** The same question where a form does not insist on the answer. */
const optional = (field: Field): Field => ({ ...field, required: false });

/** Mailed where FORMS_CONFIRMATION names the form. */
const received = {
  subject: { en: "We have received your message", de: "Ihre Nachricht ist angekommen" },
  text: {
    en: "Thank you. Your message has arrived, and we will answer as soon as we can.\n\nIf you did not write to us, please ignore this mail.",
    de: "Vielen Dank. Ihre Nachricht ist angekommen, und wir antworten so bald wie möglich.\n\nFalls Sie uns nicht geschrieben haben, beachten Sie diese Mail bitte nicht.",
  },
};

const entry = (form: Pick<FormDefinition, "slug" | "title" | "fields" | "doors">): FormDefinition => ({
  unlisted: "keep",
  allowedOrigins: [],
  open: true,
  confirmation: received,
  ...form,
});

/**
 * The forms that are built in. Adding one is one entry: its doors, documentation, pages and storage follow.
 * Also the order in which documentation and console list them.
 */
export const catalogue: readonly FormDefinition[] = [
  entry({
    slug: "contact",
    title: { en: "Contact", de: "Kontakt" },
    fields: [name, email, message],
    doors: ["/api/contact", "/api/v1/contact", "/f/contact"],
  }),
  entry({
    slug: "demo-request",
    title: { en: "Request a demonstration", de: "Vorführung anfragen" },
    fields: [
      name,
      email,
      company,
      phone,
      {
        name: "job_title",
        autocomplete: "organization-title",
        type: "text",
        label: { en: "Job title", de: "Position" },
        example: "Head of Engineering",
      },
      serviceInterest,
      {
        name: "preferred_date",
        type: "date",
        label: { en: "Preferred date", de: "Wunschtermin" },
        example: "2026-03-31",
      },
      optional(message),
    ],
    doors: ["/api/demo-request", "/f/demo-request"],
  }),
  entry({
    slug: "quote-request",
    title: { en: "Request a quote", de: "Angebot anfragen" },
    fields: [
      name,
      email,
      company,
      phone,
      serviceInterest,
      {
        name: "budget_range",
        type: "text",
        label: { en: "Budget", de: "Budget" },
        example: "10,000 to 20,000 EUR",
      },
      {
        name: "timeline",
        type: "text",
        label: { en: "Time frame", de: "Zeitrahmen" },
        example: "Within three months",
      },
      { name: "volume", type: "text", label: { en: "Volume", de: "Umfang" }, example: "500 a month" },
      message,
    ],
    doors: ["/api/quote-request", "/f/quote-request"],
  }),
  entry({
    slug: "waitlist",
    title: { en: "Join the waitlist", de: "Auf die Warteliste" },
    fields: [
      email,
      optional(name),
      optional(company),
      role,
      { name: "source", type: "hidden", label: { en: "Source", de: "Quelle" }, example: "newsletter" },
      { name: "referral_token", type: "hidden", label: { en: "Referral", de: "Empfehlung" } },
    ],
    doors: ["/api/v1/waitlist", "/f/waitlist"],
  }),
  entry({
    slug: "investor_interest",
    title: { en: "Investor interest", de: "Interesse als Investor" },
    fields: [
      name,
      email,
      { name: "firm", type: "text", label: { en: "Firm", de: "Gesellschaft" }, example: "Example Capital" },
      {
        name: "ticket_size",
        type: "text",
        label: { en: "Ticket size", de: "Anlagesumme" },
        example: "250,000 EUR",
      },
      optional(message),
    ],
    doors: ["/api/v1/investor_interest", "/f/investor_interest"],
  }),
  entry({
    slug: "pilot_request",
    title: { en: "Request a pilot", de: "Pilotprojekt anfragen" },
    fields: [
      name,
      email,
      company,
      role,
      phone,
      { name: "team_size", type: "text", label: { en: "Team size", de: "Teamgröße" }, example: "10 to 20" },
      {
        name: "use_case",
        type: "longtext",
        label: { en: "Use case", de: "Anwendungsfall" },
        example: "Sorting requests from customers",
      },
      {
        name: "start_date",
        type: "date",
        label: { en: "Preferred start", de: "Gewünschter Beginn" },
        example: "2026-05-01",
      },
      optional(message),
    ],
    doors: ["/api/v1/pilot_request", "/f/pilot_request"],
  }),
];
