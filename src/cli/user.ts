import type { Help } from "./command";
import { standardOutput } from "./output";
import { readNewPassword } from "./read-new-password";
import { readCommandConfig, runDatabaseCommand } from "./run-database-command";
import { asksPassword, readUserArguments } from "./user-arguments";

export const help: Help = {
  usage: "<action> …",
  summary: "Make accounts and change them",
  details: [
    [
      "  create --email ADDRESS --role user|editor|dev [--username NAME] [--password-stdin]",
      "                       its address counts as confirmed; a dev gets a link that enrols an authenticator app",
      "  list                 newest first: id, role, state, username, address",
      "  set-role <who> user|editor|dev",
      "  set-password <who> [--password-stdin]",
      "  enrol-link <who>     prints a link, good for 30 minutes, that enrols an authenticator app",
      "  reset-totp <who>     removes the authenticator app and the recovery codes",
      "  sign-out <who>       ends every session",
      "  disable <who>, enable <who>",
      "  allow <pattern>      lets an address, or all of @example.com, register to publish",
    ].join("\n"),
    "<who> is an address or a username. A password is asked for on the terminal, or read from standard input with\n--password-stdin; it is never an argument. Roles, passwords, disabling and reset-totp end every session of the account.",
    "It works while a server runs, which then does it; every change is in the audit.",
  ].join("\n\n"),
  exits: ["failed", "storage", "locked", "breakingMigration", "configuration"],
};

export async function run(args: string[]): Promise<number> {
  const wanted = readUserArguments(args);
  const config = readCommandConfig();
  const secret = asksPassword(wanted) ? await readNewPassword(wanted) : undefined;
  const create = wanted.action === "create";
  return runDatabaseCommand(
    config,
    { name: "user", args, create, secret, asksServer: true },
    standardOutput(),
  );
}
