import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMail } from "#/integrations/mail";
import type { HttpClient } from "#/kernel/http-client";
import { startSmtp } from "../support/smtp";

const message = { to: ["team@example.com"], subject: "Hello", text: "Good morning" };
const base = {
  SMTP_URL: undefined,
  SENDGRID_API_KEY: undefined,
  SENDGRID_BASE_URL: "https://api.sendgrid.com",
  MAIL_TRANSPORT: undefined,
  MAIL_FROM: undefined,
  PUBLIC_URL: undefined,
  production: false,
};
/** Nothing here calls anybody by HTTP. */
const http: HttpClient = {
  call: async () => {
    throw new Error("Called");
  },
};

test.each([
  ["https://api.example.com/x", "gatehouse@api.example.com"],
  ["http://[::1]:8000", "gatehouse@localhost"],
  [undefined, "gatehouse@localhost"],
])(
  "writes into the data directory outside production; where %p is our address, from %s",
  async (PUBLIC_URL, sender) => {
    const DATA_DIR = mkdtempSync(join(tmpdir(), "gatehouse-mail-"));
    const mail = await openMail({ ...base, DATA_DIR, PUBLIC_URL }, () => {}, http);

    const result = await mail.send(message, "key");

    const [file = ""] = readdirSync(join(DATA_DIR, "outbox"));
    const eml = readFileSync(join(DATA_DIR, "outbox", file), "utf8");
    rmSync(DATA_DIR, { recursive: true });
    expect([mail.transport, mail.available, result.kind]).toEqual(["outbox", true, "ok"]);
    expect(eml).toContain(`From: ${sender}\r\n`);
  },
);

test("says in production that nothing is configured, and pretends nothing", async () => {
  const mail = await openMail({ ...base, DATA_DIR: "/nonexistent", production: true }, () => {}, http);

  const result = await mail.send(message, "key");

  expect([mail.transport, mail.available]).toEqual(["none", false]);
  expect(result).toMatchObject({ kind: "refused", why: { code: "not_configured" } });
  expect(await mail.probe()).toMatchObject({ kind: "refused", why: { code: "not_configured" } });
});

test("sends by the server in production, from MAIL_FROM", async () => {
  const server = await startSmtp();
  const MAIL_FROM = "Example, Ltd <forms@example.com>";
  const config = { ...base, DATA_DIR: "/nonexistent", SMTP_URL: server.url, MAIL_FROM, production: true };
  const mail = await openMail(config, () => {}, http);

  await mail.send(message, "key");

  const received = await server.next();
  await mail.close();
  await server.stop();
  expect(mail.transport).toBe("smtp");
  expect(received.envelope.from).toBe("forms@example.com");
  expect(received.headers.get("from")).toEqual(['"Example, Ltd" <forms@example.com>']);
});

test("refuses a sender that is no address, without quoting it", async () => {
  const config = { ...base, DATA_DIR: "/nonexistent", SMTP_URL: "smtp://127.0.0.1", MAIL_FROM: "no address" };

  await expect(openMail(config, () => {}, http)).rejects.toThrow(
    "Cannot read MAIL_FROM: name@example.com or Name <name@example.com> is expected",
  );
});

const both = { SMTP_URL: "smtp://127.0.0.1:1", SENDGRID_API_KEY: "SG.key", MAIL_FROM: "forms@example.com" };
test.each([
  [{}, "sendgrid"],
  [{ MAIL_TRANSPORT: "smtp" as const }, "smtp"],
  [{ SMTP_URL: undefined }, "sendgrid"],
  [{ SENDGRID_API_KEY: undefined }, "smtp"],
  [{ SENDGRID_API_KEY: undefined, MAIL_TRANSPORT: "sendgrid" as const }, "none"],
  [{ SMTP_URL: undefined, MAIL_TRANSPORT: "smtp" as const }, "none"],
])("with both configured, and %j, sends by %s", async (change, transport) => {
  const config = { ...base, ...both, ...change, DATA_DIR: "/nonexistent", production: true };

  const mail = await openMail(config, () => {}, http);

  await mail.close();
  expect(mail.transport).toBe(transport);
});
