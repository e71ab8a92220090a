import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { PostgresServer } from "./postgres";

/**
 * Stops every process of a PostgreSQL server in its tracks (SIGSTOP): the kernel goes on taking connections and bytes
 * for it, and nothing is answered. Gives what lets it go on.
 */
export function stopServer({ dataDir }: PostgresServer): () => void {
  const [first = ""] = readFileSync(join(dataDir, "postmaster.pid"), "utf8").split("\n");
  const postmaster = Number(first);
  const signal = (name: NodeJS.Signals, processes: readonly number[]) => {
    for (const each of processes) {
      try {
        process.kill(each, name);
      } catch (error) {
        // A backend may have ended by itself.
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    }
  };
  // The postmaster first, so that no new child is missed.
  signal("SIGSTOP", [postmaster]);
  const stopped = [postmaster, ...childrenOf(postmaster)];
  signal("SIGSTOP", stopped);
  return () => signal("SIGCONT", stopped);
}

/** By the fourth field of /proc/PID/stat, after a name in parentheses that may hold anything (proc(5)). */
function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const fields = readFileSync(`/proc/${name}/stat`, "utf8").split(") ").at(-1)?.split(" ");
        return Number(fields?.[1]) === parent;
      } catch {
        return false;
      }
    })
    .map(Number);
}
