import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMail } from "#/integrations/mail";
import { startSmtp } from "../support/smtp";

const message = { to: ["team@example.com"], subject: "Hello", text: "Good morning" };
const base = { SMTP_URL: undefined, MAIL_FROM: undefined, PUBLIC_URL: undefined, production: false };

test.each([
  ["https://api.example.com/x", "gatehouse@api.example.com"],
  ["http://[::1]:8000", "gatehouse@localhost"],
  [undefined, "gatehouse@localhost"],
])(
  "writes into the data directory outside production; where %p is our address, from %s",
  async (PUBLIC_URL, sender) => {
    const DATA_DIR = mkdtempSync(join(tmpdir(), "gatehouse-mail-"));
    const mail = await openMail({ ...base, DATA_DIR, PUBLIC_URL }, () => {});

    const result = await mail.send(message, "key");

    const [file = ""] = readdirSync(join(DATA_DIR, "outbox"));
    const eml = readFileSync(join(DATA_DIR, "outbox", file), "utf8");
    rmSync(DATA_DIR, { recursive: true });
    expect([mail.transport, mail.available, result.kind]).toEqual(["outbox", true, "ok"]);
    expect(eml).toContain(`From: ${sender}\r\n`);
  },
);

test("says in production that nothing is configured, and pretends nothing", async () => {
  const mail = await openMail({ ...base, DATA_DIR: "/nonexistent", production: true }, () => {});

  const result = await mail.send(message, "key");

  expect([mail.transport, mail.available]).toEqual(["none", false]);
  expect(result).toMatchObject({ kind: "refused", why: { code: "not_configured" } });
  expect(await mail.probe()).toMatchObject({ kind: "refused", why: { code: "not_configured" } });
});

test("sends by the server in production, from MAIL_FROM", async () => {
  const server = await startSmtp();
  const MAIL_FROM = "Example, Ltd <forms@example.com>";
  const config = { ...base, DATA_DIR: "/nonexistent", SMTP_URL: server.url, MAIL_FROM, production: true };
  const mail = await openMail(config, () => {});

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

  await expect(openMail(config, () => {})).rejects.toThrow(
    "Cannot read MAIL_FROM: name@example.com or Name <name@example.com> is expected",
  );
});
