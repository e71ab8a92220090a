/** Every exit code. They follow sysexits.h where it has one, and travel through ssh and systemd unchanged. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  cannotAdopt: 70,
  storage: 74,
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
  storage: "the disk is full, the data directory cannot be written, or too few files may be open",
  locked: "the data directory belongs to another process",
  breakingMigration: "the database has a breaking migration that this version does not know",
  configuration: "the configuration is wrong",
};
