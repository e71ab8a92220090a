import { readFileSync } from "node:fs";

/** `USER_HZ` of Linux, the unit of `/proc/<pid>/stat`: 100 on every architecture that Bun runs on. */
const ticksPerSecond = 100;

/** Processor time that a process and its living children have used so far, all threads, in seconds (proc(5)). */
export function processorSeconds(pid: number): number {
  const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
  const own = fields.split(" ").slice(11, 13).map(Number);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
  const theirs = children.map((child) => processorSeconds(Number(child)));
  return own.reduce((sum, one) => sum + one, 0) / ticksPerSecond + theirs.reduce((sum, one) => sum + one, 0);
}
