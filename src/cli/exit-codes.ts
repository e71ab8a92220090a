/** Every exit code. They follow sysexits.h where it has one, and travel through ssh and systemd unchanged. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  cannotAdopt: 70,
  locked: 75,
  breakingMigration: 76,
  configuration: 78,
} as const;

export type ExitName = keyof typeof exitCodes;

export const exitMeanings: Record<ExitName, string> = {
  done: "done, or already so",
  failed: "failed",
  usage: "unknown command or option",
  cannotAdopt: "the socket could not be adopted",
  locked: "the data directory belongs to another process",
  breakingMigration: "the database has a breaking migration that this version does not know",
  configuration: "the configuration is wrong",
};

/** Refusals that have an exit code of their own, by their `code`. */
export const refusalExits: Readonly<Record<string, ExitName>> = {
  cannot_adopt: "cannotAdopt",
  data_directory_locked: "locked",
  breaking_migration: "breakingMigration",
};
