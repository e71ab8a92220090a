import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const megabyte = 2 ** 20;

/** A file system of its own, small enough to be filled. */
export type SmallDisk = {
  path: string;
  /** Takes all the room but for so many megabytes. */
  fill(leave: number): void;
  /** Gives it back. */
  empty(): void;
  unmount(): void;
};

/**
 * Mounts one in memory, at a path of its own or over a directory. Where that is not allowed it prints so and gives undefined, so that the caller can skip; with
 * `REQUIRE_SERVICES=1` root must be allowed to, and it throws.
 */
export function mountSmallDisk(
  megabytes: number,
  path = mkdtempSync(join(tmpdir(), "gatehouse-small-disk-")),
): SmallDisk | undefined {
  const command = ["mount", "-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path];
  if (Bun.spawnSync(command, { stderr: "ignore" }).exitCode !== 0) {
    rmSync(path, { recursive: true });
    if (process.env.REQUIRE_SERVICES === "1" && process.getuid?.() === 0)
      throw new Error("Cannot test a full disk: root may not mount one");
    console.error("skipped: a small disk of its own needs root to be mounted");
    return;
  }
  const filler = join(path, "filler");
  return {
    path,
    fill(leave) {
      const { bavail, bsize } = statfsSync(path);
      const block = new Uint8Array(65_536);
      const file = openSync(filler, "a");
      let left = bavail * bsize - leave * megabyte;
      try {
        while (left > 0) left -= writeSync(file, block, 0, Math.min(block.length, left));
      } catch (error) {
        // Somebody else has taken the rest meanwhile.
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      } finally {
        closeSync(file);
      }
    },
    empty: () => rmSync(filler),
    unmount() {
      Bun.spawnSync(["umount", path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}
