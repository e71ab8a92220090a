import type { CallResult, Why } from "#/kernel/call-result";

/** After a refused login, the next attempt waits this long, in milliseconds. */
const credentialsParkMs = 15 * 60_000;

type Failure = { code?: unknown; responseCode?: unknown; response?: unknown; command?: unknown };

/**
 * What a failed attempt means (RFC 5321 §4.2.1: 4yz may be repeated, 5yz not). `written`: the whole message was
 * handed over, so without an answer nobody knows; the server takes no key that would make a repetition safe.
 */
export function classifyFailure(
  error: unknown,
  written: boolean,
  secrets: readonly string[],
): Exclude<CallResult<never>, { kind: "ok" }> {
  const { code, responseCode, response } = (typeof error === "object" && error ? error : {}) as Failure;
  const status = typeof responseCode === "number" ? responseCode : undefined;
  const why: Why = {
    code: codeOf(code, status),
    ...(status !== undefined && { status }),
    text: toText(response, secrets),
  };
  if (isCredentials(code, status)) {
    const until = new Date(Date.now() + credentialsParkMs);
    return { kind: "parked", why: { ...why, code: "credentials" }, until };
  }
  const concernsMail = code === "EENVELOPE" || code === "EMESSAGE";
  // 503 says that the session was in the wrong state, and before MAIL a refusal meets us, not this mail.
  if (isUnknownRecipient(error, status))
    return { kind: "refused", why: { ...why, code: "unknown_recipient" } };
  if (concernsMail && (status === undefined || (status >= 500 && status !== 503)))
    return { kind: "refused", why };
  if (status !== undefined) return { kind: "retry", why };
  return { kind: written ? "uncertain" : "retry", why };
}

/**
 * The server does not know this mailbox: 550, 551 or 553 to RCPT, with an enhanced code about the address (5.1.x, or
 * 5.2.1: disabled; RFC 3463 §3.2) or none. A policy, such as relaying that is denied, says nothing of the recipient.
 */
const isUnknownRecipient = (error: unknown, status: number | undefined): boolean => {
  const { command, response } = (typeof error === "object" && error ? error : {}) as Failure;
  const [, enhanced] = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})/.exec(String(response)) ?? [];
  return (
    command === "RCPT TO" &&
    [550, 551, 553].includes(status ?? 0) &&
    (enhanced === undefined || /^5\.(1\.|2\.1$)/.test(enhanced))
  );
};

/** 530, 534, 535 and 538 ask for another login (RFC 4954 §6); 454 is a passing failure of it. */
const isCredentials = (code: unknown, status: number | undefined): boolean =>
  status === undefined
    ? code === "EAUTH" || code === "ENOAUTH"
    : status >= 500 && (code === "EAUTH" || [530, 534, 535, 538].includes(status));

function codeOf(code: unknown, status: number | undefined): string {
  if (status !== undefined) return `smtp_${status}`;
  const known: Record<string, string> = {
    EABORT: "timeout",
    ETIMEDOUT: "timeout",
    EDNS: "dns",
    ETLS: "tls",
    EENVELOPE: "invalid_address",
    EMESSAGE: "message_too_large",
  };
  return known[String(code)] ?? "connection";
}

/** The server's own words on one line, without our login, at most 1 KB. */
function toText(response: unknown, secrets: readonly string[]): string {
  if (typeof response !== "string") return "";
  const line = response.replace(/\p{Cc}+/gu, " ");
  return secrets.reduce((text, secret) => text.replaceAll(secret, "***"), line).slice(0, 1024);
}
