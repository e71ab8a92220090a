/** In the order in which they are shown. A route names one of these. */
export const tags = [
  { name: "forms", description: "What visitors of the site send: plain HTML, urlencoded, multipart or JSON" },
  { name: "vendors", description: "What services that we use tell of, signed by them." },
  { name: "accounts", description: "Registration, sign-in, and what a person does with the own account" },
  { name: "publishing", description: "Accounts of those who publish, as existing clients call them" },
  { name: "portal", description: "What a signed-in person sees and sets" },
  { name: "team", description: "The team's console: people, messages, the audit" },
  { name: "health", description: "What a deploy gate, a monitor and a load balancer ask" },
  { name: "documentation", description: "This document, its pages and the start page" },
] as const;

/** Markdown, shown above the operations. */
export const introduction = `The backend of a company's site in one executable. Forms are received and never lost: a
message is on disk before the sender is thanked, and its e-mail is sent from there.

**A form needs no script.** Each form below shows the HTML to paste. Posted by a browser it leads to a thank-you page,
or back to the form with everything that was typed; posted as JSON it answers with JSON.

**Refusals** have one shape for each address: \`{"error": "…", "code": "…"}\` under \`/api\` and \`/f\`,
[RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problem details under \`/api/v1\`. Go by \`code\`: it is stable, the
sentences are for people. Every answer carries an \`X-Request-Id\`, which the log names too.

**Sending again is safe** with an \`Idempotency-Key\` header: the same key and body get the first answer again, and
one message is stored. After 429 and 503 wait as long as \`Retry-After\` says.`;
