/**
 * Writes events with 20 writers and seals them without a pause, until it is killed. Prints `ack <subject>` after each
 * commit. DATA_DIR and DATABASE_URL say where.
 */
import { writeSync } from "node:fs";
import { sealEvents } from "#/kernel/audit/seal-events";
import { migrate, openDatabase } from "#/kernel/db";
import { writeEvent } from "../support/audit-events";

const { DATA_DIR = "", DATABASE_URL } = process.env;
const database = await openDatabase({ DATA_DIR, DATABASE_URL: DATABASE_URL || undefined }, () => {});
await migrate(database, () => {});

async function write(): Promise<never> {
  for (;;) {
    const subject = crypto.randomUUID();
    await database.db.transaction((tx) => writeEvent(tx, subject));
    writeSync(1, `ack ${subject}\n`);
  }
}

async function seal(): Promise<never> {
  for (;;) {
    await sealEvents(database.db);
    await new Promise(setImmediate);
  }
}

await Promise.all([...Array.from({ length: 20 }, write), seal()]);
