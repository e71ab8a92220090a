import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openOutbox } from "#/kernel/mail";
import { parseMail } from "../../support/parse-mail";

const from = { name: "", address: "forms@example.com" };
const message = {
  to: ["team@example.com"],
  subject: "Grüße\r\nBcc: x@y.z",
  text: "Guten Tag",
  html: "<b>Guten Tag</b>",
};

describe("openOutbox", () => {
  let root: string;
  let directory: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "gatehouse-outbox-"));
    directory = join(root, "data", "outbox");
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test("writes a whole mail that only the owner can read, and names the file in the log", async () => {
    const files: unknown[] = [];
    const outbox = await openOutbox(directory, from, (_, event, fields) => {
      if (event === "mail.written") files.push(fields?.file);
    });

    const result = await outbox.send({ ...message, replyTo: "visitor@example.org" }, "key-1");

    const [file = ""] = files as string[];
    const mail = parseMail(readFileSync(file, "utf8"), { from: "", to: [] });
    expect(result).toEqual({ kind: "ok", value: { messageId: "<key-1@example.com>" } });
    expect(mail.headers.get("subject")).toEqual(["Grüße Bcc: x@y.z"]);
    expect(mail.headers.get("reply-to")).toEqual(["visitor@example.org"]);
    expect(mail.headers.has("bcc")).toBe(false);
    expect([mail.text, mail.html]).toEqual(["Guten Tag", "<b>Guten Tag</b>"]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  test("keeps the newest hundred", async () => {
    const outbox = await openOutbox(directory, from, () => {});
    for (let n = 0; n < 120; n++) writeFileSync(join(directory, `2020-01-01-${1000 + n}.eml`), "old");

    await outbox.send(message, "key");

    const names = readdirSync(directory).sort();
    expect(names.length).toBe(100);
    expect(names[0]).toBe("2020-01-01-1021.eml");
    expect(readFileSync(join(directory, names[99] ?? ""), "utf8")).toContain("Message-ID: <key@example.com>");
  });

  test("refuses what is not one address, and answers retry when it cannot write", async () => {
    const outbox = await openOutbox(directory, from, () => {});
    const refused = await outbox.send({ ...message, to: ["a@example.com, b@example.com"] }, "key");
    rmSync(directory, { recursive: true });

    const failed = await outbox.send(message, "key");

    expect(refused).toMatchObject({ kind: "refused", why: { code: "invalid_address" } });
    expect(failed).toMatchObject({ kind: "retry", why: { code: "ENOENT" } });
  });

  test("narrows a directory that others could read", async () => {
    await openOutbox(directory, from, () => {});
    chmodSync(directory, 0o755);

    await openOutbox(directory, from, () => {});

    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });
});
