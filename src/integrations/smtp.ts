import { isIP } from "node:net";
import { Readable } from "node:stream";
import { createTransport, type SendMailOptions } from "nodemailer";
import type { CallResult } from "#/kernel/call-result";
import { composeMail, type Mail, type Mailbox } from "#/kernel/mail";
import { classifyFailure } from "./smtp-failure";

/** Milliseconds for one message, from the queue to the server's answer. */
const sendMs = 20_000;

export type SmtpOptions = {
  /** `smtp://user:password@host:587` or `smtps://…:465`, with `?tls=require` or `?tls=off` where wanted. */
  url: string;
  from: Mailbox;
  /** Milliseconds for one message; default 20 s. */
  timeoutMs?: number;
};

/**
 * Mail through a server (RFC 5321). Two connections, 100 messages each, closed after 30 s without one.
 * `smtps:` is TLS from the start. `smtp:` upgrades by STARTTLS when the server offers it and, where a password
 * would be sent to another machine, only then; `?tls=off` never does, `?tls=require` insists. Certificates are
 * checked, except on loopback. Throws when the address cannot be read; its text never quotes it.
 */
export function connectSmtp({ url, from, timeoutMs = sendMs }: SmtpOptions): Mail {
  const settings = readSmtpUrl(url);
  const transporter = createTransport({
    pool: true,
    maxConnections: 2,
    maxMessages: 100,
    // For a connection that the server closed while it was idle; the caller's job repeats everything else.
    maxRequeues: 1,
    idleTimeout: 30_000,
    connectionTimeout: Math.min(5000, timeoutMs),
    greetingTimeout: Math.min(5000, timeoutMs),
    dnsTimeout: Math.min(5000, timeoutMs),
    socketTimeout: timeoutMs,
    ...settings,
  });
  transporter.use("stream", tellWhenWritten);
  const closing = new AbortController();
  const secrets = settings.auth?.pass ? [settings.auth.pass] : [];

  return {
    available: true,
    transport: "smtp",
    async send(message, key): Promise<CallResult<{ messageId: string }>> {
      const mail = composeMail(message, key, from);
      if (!mail) return { kind: "refused", why: { code: "invalid_address", text: "" } };
      const messageId = String(mail.messageId);
      let written = false;
      const onWritten = () => {
        written = true;
      };
      try {
        const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), closing.signal]);
        const sent = await transporter.sendMail({ ...mail, signal, onWritten } as SendMailOptions);
        const line = `${sent.response.slice(0, 900)}${describeRejected(sent.rejected.length)}`;
        return { kind: "ok", value: { messageId }, remoteId: line };
      } catch (error) {
        return classifyFailure(error, written, secrets);
      }
    },
    async probe() {
      const timeout = Promise.withResolvers<never>();
      const late = Object.assign(new Error("No answer in time"), { code: "ETIMEDOUT" });
      const timer = setTimeout(() => timeout.reject(late), timeoutMs);
      try {
        await Promise.race([transporter.verify(), timeout.promise]);
        return { kind: "ok", value: { detail: `${settings.host}:${settings.port}` } };
      } catch (error) {
        return classifyFailure(error, false, secrets);
      } finally {
        clearTimeout(timer);
      }
    },
    async close() {
      // The pool itself only lets go of connections that are idle: one that hangs would keep the process.
      closing.abort();
      transporter.close();
    },
  };
}

/** Some recipients taken and some refused is a success: repeating it would send twice to those taken. */
const describeRejected = (count: number): string => (count > 0 ? ` (${count} recipients refused)` : "");

/**
 * Calls the message's `onWritten` once its last byte was handed to the connection: from then on a lost answer is
 * uncertain. The stream is read only after the server's 354.
 */
function tellWhenWritten(mail: PluginMail, done: () => void): void {
  const { onWritten } = mail.data as { onWritten?: () => void };
  mail.message.processFunc((input) => Readable.from(withEnd(input, onWritten), { objectMode: false }));
  done();
}

type PluginMail = { data: object; message: { processFunc(wrap: (input: Readable) => Readable): void } };

async function* withEnd(input: Readable, onEnd?: () => void) {
  yield* input;
  onEnd?.();
}

/** Host, port, credentials and TLS mode of an SMTP address. */
export function readSmtpUrl(text: string) {
  const url = URL.parse(text);
  const tls = url?.searchParams.get("tls") ?? "offered";
  const isKnown =
    url && ["smtp:", "smtps:"].includes(url.protocol) && ["offered", "require", "off"].includes(tls);
  if (!isKnown || !url.hostname)
    throw new Error("Cannot read SMTP_URL: smtp://user:password@host:587 is expected");

  const secure = url.protocol === "smtps:";
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const isLocal = host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
  const auth = url.username
    ? { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) }
    : undefined;
  return {
    host,
    port: Number(url.port || (secure ? 465 : 587)),
    secure,
    ignoreTLS: tls === "off",
    requireTLS: tls === "require" || (auth !== undefined && !isLocal && tls !== "off"),
    tls: { rejectUnauthorized: !isLocal },
    ...(auth && { auth }),
  };
}
