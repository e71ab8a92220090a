import { Type } from "@sinclair/typebox";
import { createJobs } from "#/kernel/jobs";
import { openEmbedded, openPool } from "./databases";

// Claims one job, says so, and never finishes it: the parent kills it meanwhile.
const target = process.argv[2] ?? "";
const database = target.startsWith("postgres:") ? openPool(target) : await openEmbedded(target);
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
