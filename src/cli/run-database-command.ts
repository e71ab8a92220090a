import { openTools, type ToolsConfig } from "#/boot";
import { ConfigError, inspectConfig } from "#/kernel/config";
import { controlSocketOf } from "#/kernel/control";
import { callControl } from "#/kernel/control-client";
import { hasDatabase } from "#/kernel/db";
import { StartRefusal } from "#/kernel/db/start-refusal";
import { untagged } from "./control-handlers";
import { type CommandInput, perform } from "./database-command";
import { type DatabaseCommandName, databaseCommands } from "./database-commands";
import { exitCodes } from "./exit-codes";
import type { Output } from "./output";

/** A server that starts has its lock before its socket. */
const patienceMs = 3_000;
const pauseMs = 100;

/** What a command reads of the configuration; the secrets of the service may be missing in an operator's shell. */
const needed = [
  "ENV",
  "FLASK_ENV",
  "DATABASE_URL",
  "DATA_DIR",
  "CONTROL_SOCKET",
  "PUBLIC_URL",
  "PORT",
  "PASSWORD_MIN_LENGTH",
  "SMTP_URL",
  "SMTP_ALLOW_PLAIN",
  "SLACK_WEBHOOK_URL",
  "SENDGRID_API_KEY",
  "SENDGRID_BASE_URL",
  "MAIL_TRANSPORT",
  "HUBSPOT_API_KEY",
  "HUBSPOT_BASE_URL",
  "HUBSPOT_API_VERSION",
  "HUBSPOT_PIPELINE",
  "HUBSPOT_STAGE_DEMO",
  "HUBSPOT_STAGE_QUOTE",
  "HUBSPOT_PROPERTIES",
  "HUBSPOT_TIMEZONE",
  "MAIL_FROM",
  "HASH_SLOTS",
  "HASH_MAX_WAIT_MS",
] as const;

export type CommandConfig = ToolsConfig & { CONTROL_SOCKET: string | undefined };

/** The configuration as far as commands need it. Throws `ConfigError` for what of that is wrong. */
export function readCommandConfig(): CommandConfig {
  const { reading, mode, problems } = inspectConfig(process.env);
  const names = new Set<string>(needed.flatMap((name) => [name, `${name}_FILE`]));
  const matter = problems.filter(({ name }) => names.has(name));
  if (matter.length > 0) throw new ConfigError(matter);
  return { ...reading.values, production: mode === "production" };
}

type Call = CommandInput & { name: DatabaseCommandName };

/**
 * Has the running server do the command where the database is embedded, and with `asksServer` on PostgreSQL too: it has
 * the settings that an operator's shell lacks. Without a server opens the database itself, and creates it only where
 * `create` says so. Throws `StartRefusal`: 75 when somebody holds the directory and does not answer, 1 when there is
 * no database.
 */
export async function runDatabaseCommand(
  config: CommandConfig,
  { create = false, asksServer = false, ...call }: Call & { create?: boolean; asksServer?: boolean },
  output: Output,
): Promise<number> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const exit = config.DATABASE_URL && !asksServer ? undefined : await askServer(config, call, output);
    if (exit !== undefined) return exit;
    if (!config.DATABASE_URL && !create && !hasDatabase(config.DATA_DIR)) throw noDatabase(config);
    try {
      return await openAndPerform(config, call, output);
    } catch (error) {
      if (!(error instanceof StartRefusal) || error.exitCode !== exitCodes.locked) throw error;
      if (performance.now() > deadline) throw unanswered(config, error);
      await Bun.sleep(pauseMs);
    }
  }
}

const noDatabase = ({ DATA_DIR }: Pick<CommandConfig, "DATA_DIR">) =>
  new StartRefusal(exitCodes.failed, `There is no database in ${DATA_DIR} yet: the first start makes it`);

const unanswered = (config: CommandConfig, cause: Error) =>
  new StartRefusal(
    exitCodes.locked,
    `${cause.message}, and none answers on ${controlSocketOf(config)}`,
    cause,
  );

/** The exit code, or undefined when nobody listens. */
async function askServer(
  config: CommandConfig,
  { name, ...input }: Call,
  output: Output,
): Promise<number | undefined> {
  const exit = await callControl(controlSocketOf(config), name, input, untagged(output)).catch((error) => {
    if (error instanceof StartRefusal) throw error;
    throw new StartRefusal(exitCodes.failed, `The running server went away before the end of ${name}`, error);
  });
  if (exit === 64) {
    throw new StartRefusal(
      exitCodes.failed,
      `The running server is another release, without the command ${name}`,
    );
  }
  return exit;
}

async function openAndPerform(
  config: CommandConfig,
  { name, ...input }: Call,
  output: Output,
): Promise<number> {
  const { tools, close } = await openTools(config, () => {});
  try {
    return await perform(databaseCommands[name], tools, input, output);
  } finally {
    await close();
  }
}
