import { Type } from "@sinclair/typebox";
import { openDatabase } from "#/kernel/db";
import { createJobs } from "#/kernel/jobs";

// Claims one job, says so, and never finishes it: the parent kills it meanwhile.
const { DATA_DIR = "", DATABASE_URL } = process.env;
const database = await openDatabase({ DATA_DIR, DATABASE_URL: DATABASE_URL || undefined }, () => {});
const stuck = {
  name: "test.stuck",
  payload: Type.Object({ id: Type.String() }),
  leaseSeconds: 2,
  retryDelaySeconds: 1,
  async run(_: object, { id }: { id: string }) {
    process.stdout.write(`running ${id}\n`);
    await new Promise(() => {});
  },
};
const jobs = createJobs<object>(database, [stuck], () => {});
await jobs.start({});
await database.db.transaction((tx) => jobs.enqueue(tx, stuck, [{ id: "a" }]));
