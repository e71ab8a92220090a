/** A broken rule of one field. Stable: clients decide by it. */
export type FieldCode =
  | "required"
  | "not_text"
  | "repeated"
  | "invalid_text"
  | "line_break"
  | "too_short"
  | "too_long"
  | "invalid_email"
  | "invalid_tel"
  | "invalid_url"
  | "invalid_number"
  | "invalid_integer"
  | "too_low"
  | "too_high"
  | "invalid_date"
  | "not_an_option"
  | "too_few"
  | "too_many"
  | "invalid_name"
  | "unexpected"
  | "files_not_accepted";

/** Everything one language says: a language is one file. `bound` is a number as that language writes it. */
export type Words = {
  direction: "ltr" | "rtl";
  fields: Record<FieldCode, (bound: string) => string>;
  errorHeading: (count: number) => string;
  errorIntro: string;
  requiredNote: string;
  optional: string;
  choose: string;
  send: string;
  sendAgain: string;
  honeypot: string;
  thanksTitle: string;
  thanksText: string;
  back: string;
  tooManyTitle: string;
  tooManyText: (wait: string) => string;
  unavailableTitle: string;
  unavailableText: (wait: string) => string;
  writeTo: (link: string) => string;
  closedTitle: string;
  closedText: string;
  captchaTitle: string;
  captchaText: string;
  problems: Record<ProblemCode, { title: string; text: string }>;
  optIn: OptInWords;
  waitlist: WaitlistWords;
};

/** The pages that a mailed link leads to. `form` is the title of the form that was sent. */
type OptInWords = {
  askTitle: string;
  askText: (form: string) => string;
  confirm: string;
  notMe: string;
  decline: string;
  confirmedTitle: string;
  confirmedText: string;
  declinedTitle: string;
  declinedText: string;
  expiredTitle: string;
  expiredText: string;
  again: string;
  againTitle: string;
  againText: string;
  unknownTitle: string;
  unknownText: string;
};

/** One's own place on the waitlist. Numbers come as the language writes them. */
type WaitlistWords = {
  title: string;
  place: (position: string, total: string) => string;
  invited: string;
  unconfirmed: string;
  friends: (count: number, shown: string) => string;
  share: string;
  status: string;
};

/** Why a page cannot be the form itself: nothing of the post was read, or it may not be answered. */
export type ProblemCode =
  | "malformed_body"
  | "too_large"
  | "unsupported_media_type"
  | "origin_refused"
  | "idempotency_key_reused"
  | "bad_idempotency_key"
  | "not_found"
  | "form_gone"
  | "rate_limited"
  | "unavailable"
  | "failed";
