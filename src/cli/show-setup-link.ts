import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Config } from "#/kernel/config";
import type { Kernel } from "#/kernel/kernel";
import { nameError } from "#/kernel/log";
import { offerSetupLink, pageAddress } from "#/modules/accounts";

type Where = Pick<Config, "DATA_DIR" | "PUBLIC_URL" | "PORT">;

/**
 * While there is no account: makes the link that makes the first one, and shows it to a person at a terminal, else puts
 * it into a file for the service's own user, because standard output is a log then. A start goes on without.
 */
export async function showSetupLink(kernel: Pick<Kernel, "db" | "log">, where: Where): Promise<void> {
  const file = resolve(join(where.DATA_DIR, "setup-link"));
  try {
    const token = await offerSetupLink(kernel);
    rmSync(file, { force: true });
    if (token === undefined) return;
    const address = pageAddress(where, "setup", token);
    const terminal = [process.stderr, process.stdout].find((stream) => stream.isTTY);
    if (terminal) terminal.write(`  Make the first account, within 30 minutes:\n\n  ${address}\n\n`);
    else {
      mkdirSync(where.DATA_DIR, { recursive: true, mode: 0o700 });
      writeFileSync(file, `${address}\n`, { mode: 0o600, flag: "wx" });
      kernel.log("info", "accounts.setup_link_written", { file });
    }
  } catch (error) {
    kernel.log("warn", "accounts.setup_link_failed", nameError(error));
  }
}
