import { randomBytes } from "node:crypto";
import { chmod, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import type { Log } from "#/kernel/log";
import type { Mailbox } from "./address";
import { composeMail } from "./compose";
import type { Mail } from "./contract";

const kept = 100;

/**
 * For development: each message becomes an `.eml` file, which any mail program opens. The directory is 0700, the
 * files 0600, and the newest 100 stay. The log names the file.
 */
export async function openOutbox(directory: string, from: Mailbox, log: Log): Promise<Mail> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const composer = createTransport({ streamTransport: true, buffer: true, newline: "windows" });

  return {
    available: true,
    transport: "outbox",
    async send(message, key) {
      const mail = composeMail(message, key, from);
      if (!mail) return { kind: "refused", why: { code: "invalid_address", text: "" } };
      try {
        const { message: bytes, messageId } = await composer.sendMail(mail);
        const file = join(directory, fileName());
        await writeWhole(file, bytes as Buffer);
        await removeOldest(directory);
        log("info", "mail.written", { file });
        return { kind: "ok", value: { messageId } };
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? "not_written";
        return { kind: "retry", why: { code, text: "Cannot write to the outbox" } };
      }
    },
    probe: async () => ({ kind: "ok", value: { detail: directory } }),
    close: async () => {},
  };
}

/** Sorts by time: `2026-11-21T06-41-00.123Z-1f2e3d4c.eml`. */
const fileName = () =>
  `${new Date().toISOString().replaceAll(":", "-")}-${randomBytes(4).toString("hex")}.eml`;

/** Under another name until it is complete, so that nobody reads half a message. */
async function writeWhole(file: string, bytes: Buffer): Promise<void> {
  const handle = await open(`${file}.part`, "wx", 0o600);
  try {
    await handle.writeFile(bytes);
  } finally {
    await handle.close();
  }
  await rename(`${file}.part`, file);
}

async function removeOldest(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".eml")).sort();
  await Promise.all(names.slice(0, -kept).map((name) => rm(join(directory, name), { force: true })));
}
