import { domainToASCII } from "node:url";
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { CallResult } from "#/kernel/call-result";
import { badAnswer, classify, type HttpClient } from "#/kernel/http-client";
import { type ComposedMail, composeMail, type Mail, type Mailbox } from "#/kernel/mail";

/** What a mail is counted under at SendGrid when the module that wrote it names nothing. */
const defaultCategory = "gatehouse";

const Scopes = Type.Object({ scopes: Type.Array(Type.String()) });

export type SendgridOptions = {
  http: HttpClient;
  apiKey: string;
  /** `https://api.sendgrid.com`, without a slash at its end. */
  baseUrl: string;
  /** A sender or a domain that was verified there. */
  from: Mailbox;
};

/**
 * Mail through SendGrid (`POST /v3/mail/send`, API description 1.8.1). It takes no key, so a lost answer is `uncertain`;
 * the Message-ID is the same on every attempt, by which a receiver may drop the twin. Clicks and opens are not tracked.
 */
export function connectSendgrid({ http, apiKey, baseUrl, from }: SendgridOptions): Mail {
  const secrets = [apiKey];
  const call = (operation: "send" | "probe", method: "GET" | "POST", path: string, body?: object) =>
    http.call({
      integration: "sendgrid",
      operation,
      method,
      url: baseUrl + path,
      target: "configured",
      headers: {
        authorization: `Bearer ${apiKey}`,
        accept: "application/json",
        ...(body && { "content-type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });

  return {
    available: true,
    transport: "sendgrid",
    async send(message, key): Promise<CallResult<{ messageId: string }>> {
      const mail = composeMail(message, key, from);
      const body = mail && toRequest(mail, key, message.category ?? defaultCategory);
      if (!mail || !body) return { kind: "refused", why: { code: "invalid_address", text: "" } };
      const result = await call("send", "POST", "/v3/mail/send", body);
      const { messageId } = mail;
      const accepted = classify(result, { idempotent: false, credentials: true, secrets, expect: "any" });
      if (accepted.kind === "ok") {
        const remoteId = accepted.headers.get("x-message-id") ?? messageId;
        return { kind: "ok", value: { messageId }, remoteId };
      }
      if (result.kind === "answer" && result.status === 429 && accepted.kind === "retry") {
        const after = accepted.after ?? readReset(result.headers, Date.now());
        return { ...accepted, ...(after !== undefined && { after }) };
      }
      return accepted;
    },
    async probe() {
      const result = await call("probe", "GET", "/v3/scopes");
      // The key is known, and may not read what it may do: keys that can only send are like that.
      if (result.kind === "answer" && result.status === 403)
        return { kind: "ok", value: { detail: "reached, the key may not list its rights" } };
      const answer = classify(result, { idempotent: true, credentials: true, secrets, expect: "json" });
      if (answer.kind !== "ok") return answer;
      if (!Value.Check(Scopes, answer.json)) return badAnswer(answer, secrets);
      if (!answer.json.scopes.includes("mail.send"))
        return {
          kind: "refused",
          why: { code: "key_may_not_send", text: "The key lacks the scope mail.send" },
        };
      return { kind: "ok", value: { detail: "reached, the key may send" } };
    },
    close: async () => {},
  };
}

/** Undefined where a recipient cannot be written in ASCII, which SendGrid asks for. */
function toRequest(mail: ComposedMail, key: string, category: string) {
  const to = unique(mail.to.map(({ address }) => toAscii(address)));
  if (to.includes(undefined)) return;
  const replyTo = mail.replyTo && toAscii(mail.replyTo.address);
  return {
    // Their description takes `custom_args` as an object only here.
    personalizations: [{ to: to.map((email) => ({ email })), custom_args: { delivery: key } }],
    from: { email: toAscii(mail.from.address) ?? mail.from.address, ...named(mail.from) },
    ...(replyTo !== undefined && { reply_to: { email: replyTo } }),
    // Neither may be empty there, and a mail without a subject is still a mail.
    subject: mail.subject || "-",
    content: [
      { type: "text/plain", value: mail.text || " " },
      ...(mail.html ? [{ type: "text/html", value: mail.html }] : []),
    ],
    headers: { ...mail.headers, "Message-ID": mail.messageId },
    categories: [category],
    tracking_settings: {
      click_tracking: { enable: false, enable_text: false },
      open_tracking: { enable: false },
      subscription_tracking: { enable: false },
      ganalytics: { enable: false },
    },
  };
}

const named = ({ name }: Mailbox) => (name ? { name } : {});

/** Recipients must differ, whatever their case. */
const unique = (addresses: readonly (string | undefined)[]) => [
  ...new Map(addresses.map((address) => [address?.toLowerCase(), address])).values(),
];

function toAscii(address: string): string | undefined {
  const at = address.lastIndexOf("@") + 1;
  const ascii = address.slice(0, at) + domainToASCII(address.slice(at));
  return /^[\x21-\x7e]+$/.test(ascii) && !ascii.endsWith("@") ? ascii : undefined;
}

/** `X-RateLimit-Reset` is the moment, in seconds since 1970, from which there is room again. In milliseconds from now. */
function readReset(headers: Headers, now: number): number | undefined {
  const text = headers.get("x-ratelimit-reset") ?? "";
  if (!/^\d{1,11}$/.test(text)) return;
  return Math.min(Math.max(Number(text) * 1000 - now, 0), 60 * 60_000);
}
