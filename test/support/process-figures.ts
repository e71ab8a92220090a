import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const megabytes = (pid: number, name: string): number => {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024;
};

/** Resident memory of a process now, in megabytes. */
export const residentMegabytes = (pid: number): number => megabytes(pid, "VmRSS");

/** The most it ever was, or since the last `forgetPeak`. */
export const peakMegabytes = (pid: number): number => megabytes(pid, "VmHWM");

/** Begins the peak anew (proc(5), `clear_refs`). */
export const forgetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, "5");

export const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;
