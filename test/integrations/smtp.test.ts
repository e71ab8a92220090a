import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { connectSmtp, readSmtpUrl, type SmtpOptions } from "#/integrations/smtp";
import type { Mail, MailMessage } from "#/kernel/mail";
import { type Script, startScriptedSmtp, startSmtp } from "../support/smtp";
import { certificate } from "../support/tls";

const from = { name: "Example Ltd", address: "forms@example.com" };
const message: MailMessage = { to: ["team@example.com"], subject: "Hello", text: "Good morning" };

const open: { close?(): Promise<void>; stop?(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await (each.close?.() ?? each.stop?.());
});
const serve = async (options: Parameters<typeof startSmtp>[0] = {}) => {
  const server = await startSmtp(options);
  open.push(server);
  return server;
};
const connect = (url: string, options: Partial<SmtpOptions> = {}): Mail => {
  const mail = connectSmtp({ url, from, ...options });
  open.push(mail);
  return mail;
};

describe("connectSmtp", () => {
  test("sends text and HTML with a stable id, the visitor as Reply-To and no more headers than these", async () => {
    const server = await serve();
    const mail = connect(server.url);
    const full = { ...message, replyTo: "visitor@example.org", html: "<p>Good morning</p>", language: "de" };

    const result = await mail.send(full, "0199f3c2-0000-7000-8000-000000000001");

    const received = await server.next();
    expect(result).toMatchObject({
      kind: "ok",
      value: { messageId: "<0199f3c2-0000-7000-8000-000000000001@example.com>" },
    });
    expect(received.envelope).toEqual({ from: "forms@example.com", to: ["team@example.com"] });
    expect(received.text).toBe("Good morning");
    expect(received.html).toBe("<p>Good morning</p>");
    expect(Object.fromEntries(received.headers)).toMatchObject({
      from: ["Example Ltd <forms@example.com>"],
      to: ["team@example.com"],
      "reply-to": ["visitor@example.org"],
      subject: ["Hello"],
      "message-id": ["<0199f3c2-0000-7000-8000-000000000001@example.com>"],
      "auto-submitted": ["auto-generated"],
      "content-language": ["de"],
    });
    expect([...received.headers.keys()].sort()).toEqual(
      [...expectedHeaders, "reply-to", "content-language"].sort(),
    );
  });

  test("adds no header and no recipient, whatever the fields hold", async () => {
    const server = await serve();
    const mail = connect(server.url);
    const hostile = fc.oneof(
      fc.string({ unit: "binary", maxLength: 80 }),
      fc.constantFrom(
        "a\r\nBcc: evil@example.net",
        "a\nTo: evil@example.net\n\nbody",
        "a\u2028Cc: evil@example.net",
        "=?utf-8?q?a=0D=0ABcc:_evil@example.net?=",
        "\r\n.\r\nMAIL FROM:<evil@example.net>\r\n",
        "evil@example.net, other@example.net",
        "<evil@example.net>",
        "x\0y\ud800",
      ),
    );

    await fc.assert(
      fc.asyncProperty(
        hostile,
        hostile,
        hostile,
        hostile,
        hostile,
        async (subject, replyTo, text, language, key) => {
          const result = await mail.send({ ...message, subject, replyTo, text, html: text, language }, key);

          const received = await server.next();
          expect(result.kind).toBe("ok");
          expect(received.envelope).toEqual({ from: "forms@example.com", to: ["team@example.com"] });
          const allowed = new Set([...expectedHeaders, "content-language"]);
          expect([...received.headers.keys()].filter((name) => !allowed.has(name))).toEqual([]);
          expect([...received.headers.values()].every((values) => values.length === 1)).toBe(true);
          expect(received.headers.get("to")).toEqual(["team@example.com"]);
          expect(received.text.replaceAll("\r\n", "\n").trimEnd()).toBe(
            text.toWellFormed().replaceAll("\0", "").replace(/\r\n?/g, "\n").trimEnd(),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  test.each([
    "a@example.com, b@example.com",
    "a@example.com\r\nRCPT TO:<b@example.com>",
    "Name <a@example.com>",
    "a b@example.com",
    '"a b"@example.com',
    "a@exa mple.com",
    "@example.com",
    "a@",
    `${"a".repeat(65)}@example.com`,
    "",
  ])("refuses the recipient %j before it connects", async (address) => {
    const server = await serve();
    const mail = connect(server.url);

    const result = await mail.send({ ...message, to: ["team@example.com", address] }, "key");

    expect(result).toMatchObject({ kind: "refused", why: { code: "invalid_address" } });
    expect(server.messages).toEqual([]);
  });

  const failures: { title: string; script: Script; kind: string; code: string }[] = [
    { title: "refuses the sender for good", script: { MAIL: "550 no" }, kind: "refused", code: "smtp_550" },
    {
      title: "refuses the recipient for good",
      script: { RCPT: "550 no" },
      kind: "refused",
      code: "unknown_recipient",
    },
    { title: "asks to come back later", script: { RCPT: "450 later" }, kind: "retry", code: "smtp_450" },
    { title: "refuses the content for good", script: { end: "554 spam" }, kind: "refused", code: "smtp_554" },
    { title: "cannot take the content now", script: { end: "451 full" }, kind: "retry", code: "smtp_451" },
    { title: "is closing", script: { MAIL: "421 bye" }, kind: "retry", code: "smtp_421" },
    { title: "lost track of the session", script: { RCPT: "503 what" }, kind: "retry", code: "smtp_503" },
    { title: "wants a login", script: { MAIL: "530 login" }, kind: "parked", code: "credentials" },
    { title: "wants nothing from us", script: { greeting: "554 no" }, kind: "retry", code: "smtp_554" },
    { title: "says nothing", script: { greeting: "hang" }, kind: "retry", code: "timeout" },
    { title: "hangs before the content", script: { DATA: "hang" }, kind: "retry", code: "timeout" },
    { title: "hangs after the content", script: { end: "hang" }, kind: "uncertain", code: "timeout" },
    { title: "drops before the content", script: { DATA: "drop" }, kind: "retry", code: "connection" },
    { title: "drops after the content", script: { end: "drop" }, kind: "uncertain", code: "connection" },
  ];
  test.each(failures)("answers $kind when the server $title", async ({ script, kind, code }) => {
    const server = await startScriptedSmtp(script);
    open.push(server);
    const mail = connect(server.url, { timeoutMs: 600 });

    const result = await mail.send(message, "key");

    expect(result).toMatchObject({ kind, why: { code } });
    expect(server.seen.filter((stage) => stage === "end").length).toBeLessThanOrEqual(1);
  });

  test("says how many recipients were refused when the others got it", async () => {
    const server = await serve({
      onRcptTo({ address }, _, done) {
        done(address.startsWith("gone") ? Object.assign(new Error("No"), { responseCode: 550 }) : null);
      },
    });
    const mail = connect(server.url);

    const result = await mail.send({ ...message, to: ["team@example.com", "gone@example.com"] }, "key");

    expect(result).toMatchObject({ kind: "ok", remoteId: expect.stringContaining("(1 recipients refused)") });
    expect((await server.next()).envelope.to).toEqual(["team@example.com"]);
  });

  test("answers retry when nobody listens", async () => {
    const server = await startSmtp();
    await server.stop();
    const mail = connect(server.url);

    const result = await mail.send(message, "key");

    expect(result).toMatchObject({ kind: "retry", why: { code: "connection" } });
    expect(await mail.probe()).toMatchObject({ kind: "retry" });
  });

  test("sends again after the server came back", async () => {
    const broken = await startScriptedSmtp({ MAIL: "drop" });
    const mail = connect(broken.url, { timeoutMs: 2000 });
    await mail.send(message, "one");
    await broken.stop();
    const port = Number(new URL(broken.url).port);
    const second = await startScriptedSmtp({}, port);
    open.push(second);

    const result = await mail.send(message, "two");

    expect(result.kind).toBe("ok");
  });

  test("uses another connection when the server closed the idle one", async () => {
    const server = await startScriptedSmtp({});
    open.push(server);
    const mail = connect(server.url);
    await mail.send(message, "one");
    server.dropAll();

    const result = await mail.send(message, "two");

    expect(result.kind).toBe("ok");
    expect(server.seen.filter((stage) => stage === "end").length).toBe(2);
  });

  test("keeps to two connections for many mails at once", async () => {
    let now = 0;
    let most = 0;
    const server = await serve({
      onConnect(_, done) {
        most = Math.max(most, ++now);
        done();
      },
      onClose: () => void now--,
    });
    const mail = connect(server.url);

    const results = await Promise.all(Array.from({ length: 30 }, (_, n) => mail.send(message, `key-${n}`)));

    expect(results.every(({ kind }) => kind === "ok")).toBe(true);
    expect(most).toBe(2);
  });

  describe("with a login", () => {
    const login: Parameters<typeof startSmtp>[0] = {
      onAuth({ username, password }, _, done) {
        const isRight = username === "forms" && password === "s3cret:@";
        if (isRight) done(null, { user: username });
        else done(Object.assign(new Error(`Not ${password}`), { responseCode: 535 }));
      },
    };
    const at = (url: string, password: string) =>
      url.replace("://", `://forms:${encodeURIComponent(password)}@`);

    test("signs in", async () => {
      const server = await serve(login);
      const mail = connect(at(server.url, "s3cret:@"));

      expect(await mail.send(message, "key")).toMatchObject({ kind: "ok" });
      expect(await mail.probe()).toMatchObject({ kind: "ok" });
    });

    test("parks for a quarter of an hour when the login is refused, and never quotes the password", async () => {
      const server = await serve(login);
      const mail = connect(at(server.url, "wrong-horse"));
      const before = Date.now();

      const result = await mail.send(message, "key");

      if (result.kind !== "parked") throw new Error(result.kind);
      expect(result.why).toMatchObject({ code: "credentials", status: 535 });
      expect(Math.round((result.until.getTime() - before) / 60_000)).toBe(15);
      expect(JSON.stringify(result)).not.toContain("wrong-horse");
      expect(await mail.probe()).toMatchObject({ kind: "parked", why: { code: "credentials" } });
    });
  });

  describe("with TLS", () => {
    const tls = { key: certificate.key, cert: certificate.cert };

    test("upgrades when the server offers it", async () => {
      let secured = false;
      const server = await serve({
        ...tls,
        onMailFrom(_, session, done) {
          secured = session.secure;
          done();
        },
      });
      const mail = connect(server.url);

      expect(await mail.send(message, "key")).toMatchObject({ kind: "ok" });
      expect(secured).toBe(true);
    });

    test("speaks TLS from the start on smtps", async () => {
      const server = await serve({ ...tls, secure: true });
      const mail = connect(server.url);

      expect(await mail.send(message, "key")).toMatchObject({ kind: "ok" });
    });

    test("does not send without it when it is required", async () => {
      const server = await serve();
      const mail = connect(`${server.url}?tls=require`);

      const result = await mail.send(message, "key");

      expect(result).toMatchObject({ kind: "retry" });
      expect(server.messages).toEqual([]);
    });
  });
});

describe("readSmtpUrl", () => {
  test.each([
    ["smtp://mail.example.com", { port: 587, secure: false, requireTLS: false, ignoreTLS: false }],
    ["smtp://u:p@mail.example.com", { requireTLS: true, auth: { user: "u", pass: "p" } }],
    ["smtp://u:p@127.0.0.1:2525", { requireTLS: false, port: 2525, tls: { rejectUnauthorized: false } }],
    ["smtp://u:p@mail.example.com?tls=off", { requireTLS: false, ignoreTLS: true }],
    ["smtps://u%40x:p%3A@mail.example.com", { port: 465, secure: true, auth: { user: "u@x", pass: "p:" } }],
    ["smtp://[::1]:25", { host: "::1", port: 25 }],
  ])("reads %s", (url, expected) => {
    expect(readSmtpUrl(url)).toMatchObject(expected);
  });

  test.each(["", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://secret@h?tls=maybe"])(
    "refuses %j without quoting it",
    (url) => {
      expect(() => readSmtpUrl(url)).toThrow(
        "Cannot read SMTP_URL: smtp://user:password@host:587 is expected",
      );
    },
  );
});

/** Those of every mail with text and HTML. */
const expectedHeaders = [
  "auto-submitted",
  "content-type",
  "date",
  "from",
  "message-id",
  "mime-version",
  "subject",
  "to",
];
