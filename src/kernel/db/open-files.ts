import { readFileSync } from "node:fs";

/** The engine itself takes about 300, and each visitor's connection one. */
const enough = 1_024;

/**
 * Why a database may not open: this process is allowed too few files; undefined where it is allowed enough, or nobody
 * knows (outside Linux). Bun has raised the soft limit to the hard one, so only the hard one matters (proc(5), limits).
 */
export function openFilesReason(): string | undefined {
  let limits: string;
  try {
    limits = readFileSync("/proc/self/limits", "utf8");
  } catch {
    return;
  }
  const allowed = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  if (allowed >= enough) return;
  return `this process may open only ${allowed} files; allow at least ${enough} (LimitNOFILE= in a systemd unit, ulimit -n in a shell)`;
}
