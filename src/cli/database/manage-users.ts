import { migrate, migrationStatus } from "#/kernel/db";
import { notFound } from "#/kernel/errors";
import type { Tools } from "#/kernel/kernel";
import {
  allowEmail,
  changeUser,
  createUser,
  findByTypedName,
  listUsers,
  offerEnrolment,
  pageAddress,
  resetTotp,
  setPassword,
  signOutUser,
} from "#/modules/accounts";
import type { DatabaseCommand } from "../database-command";
import { exitCodes } from "../exit-codes";
import { readUserArguments, type UserAction, type UserArguments } from "../user-arguments";
import { requireSchema } from "./require-schema";

/** The password that was typed is the secret of the command. */
export const manageUsers: DatabaseCommand = async (tools, args, output, secret = "") => {
  const wanted = readUserArguments(args);
  if (wanted.action === "create") await prepare(tools);
  await requireSchema(tools.database);
  await output.write(await act[wanted.action](tools, wanted, secret));
  return exitCodes.done;
};

/** A database on which no server has started yet: an account may well be the first thing in it. */
async function prepare({ database, log }: Tools): Promise<void> {
  const { applied } = await migrationStatus(database);
  if (applied.length === 0) await migrate(database, log);
}

/** At a command line nobody is signed in. */
const operator = { id: null };

type Act = (tools: Tools, wanted: UserArguments, password: string) => Promise<string>;

const act: Record<UserAction, Act> = {
  async create(tools, { email, username, role }, password) {
    const { id, enrolToken } = await createUser(tools, { email, username, role, password });
    const made = `Made account ${id} of role ${role}\n`;
    return enrolToken === undefined ? made : made + enrolmentText(tools, enrolToken);
  },
  list: (tools) => listAll(tools),
  async "set-role"(tools, { target, role }) {
    const { id } = await find(tools, target);
    await changeUser(tools, operator, id, { role });
    return `Account ${id} has the role ${role}\n`;
  },
  async "set-password"(tools, { target }, password) {
    const account = await find(tools, target);
    await setPassword(tools, operator, account, password);
    return `Account ${account.id} has the new password\n`;
  },
  async "enrol-link"(tools, { target }) {
    const { id } = await find(tools, target);
    return enrolmentText(tools, await offerEnrolment(tools, operator, id));
  },
  async "reset-totp"(tools, { target }) {
    const { id } = await find(tools, target);
    await resetTotp(tools, operator, id);
    return `Account ${id} has no authenticator app\n`;
  },
  async "sign-out"(tools, { target }) {
    const { id } = await find(tools, target);
    await signOutUser(tools, operator, id);
    return `Account ${id} is signed out\n`;
  },
  async disable(tools, { target }) {
    const { id } = await find(tools, target);
    await changeUser(tools, operator, id, { disabled: true });
    return `Account ${id} is disabled\n`;
  },
  async enable(tools, { target }) {
    const { id } = await find(tools, target);
    await changeUser(tools, operator, id, { disabled: false });
    return `Account ${id} is enabled\n`;
  },
  allow: async (tools, { target }) =>
    `May register to publish: ${await allowEmail(tools, operator, { pattern: target })}\n`,
};

async function find({ db }: Pick<Tools, "db">, typed: string) {
  const account = await findByTypedName(db, typed);
  if (!account) throw notFound("account");
  return account;
}

const enrolmentText = ({ config }: Pick<Tools, "config">, token: string) =>
  `Enrol an authenticator app here within 30 minutes:\n\n  ${pageAddress(config, "enrol", token)}\n\n`;

const pageRows = 200;

async function listAll({ db }: Pick<Tools, "db">): Promise<string> {
  const lines: string[] = [];
  let after: number | undefined;
  for (;;) {
    const page = await listUsers(db, { limit: pageRows, ...(after !== undefined && { after }) });
    lines.push(...page.map(describe));
    after = page.at(-1)?.id;
    if (page.length < pageRows) return lines.join("");
  }
}

function describe(user: Awaited<ReturnType<typeof listUsers>>[number]): string {
  const states = [
    user.disabled ? "disabled" : user.verified ? "confirmed" : "unconfirmed",
    ...(user.totp_enabled ? ["totp"] : []),
  ];
  const cells = [String(user.id), user.role, states.join(","), user.username, user.email ?? "-"];
  // Imported names may hold anything, and a terminal obeys some of it.
  return `${cells.map((cell) => cell.replace(/\p{C}/gu, "?")).join("\t")}\n`;
}
