import type { Db } from "../db";

/** Something that the team must know. */
export type Alert = {
  /** What is wrong, as a word: once an hour for each, however often it happens: `delivery_dead:owner_email`. */
  cause: string;
  title: string;
  /** Our own words; nothing that a visitor wrote. */
  text: string;
  /** The way that is broken, and therefore not taken: `mail` or `chat`. */
  notBy?: "mail" | "chat";
};

/**
 * Tells the team that something is wrong: a log line at `error` always, then chat and mail, whichever is configured,
 * by a job. Never throws and never waits for a vendor. With `tx` it is told exactly when that transaction commits;
 * without, it must not be called inside one.
 */
export type Alerts = { raise(alert: Alert, tx?: Db): Promise<void> };
