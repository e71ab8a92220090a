import { closeSync, existsSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";

const megabyte = 2 ** 20;
const ballastBytes = 16 * megabyte;
const segmentBytes = 16 * megabyte;

/** Free and total bytes of the file system that holds a directory, as a user without privileges sees them. */
export function diskSpace(directory: string): { free: number; total: number } {
  const { bavail, blocks, bsize } = statfsSync(directory);
  return { free: bavail * bsize, total: blocks * bsize };
}

/**
 * False below 5 % or 256 MB free, whichever is less (5 % of a large disk is no reason to refuse a message), and on a
 * small disk below two segments of the log: when it cannot have its next one PostgreSQL stops for good.
 */
export function hasRoom(directory: string): boolean {
  const { free, total } = diskSpace(directory);
  return free >= Math.max(2 * segmentBytes, Math.min(total * 0.05, 256 * megabyte));
}

/**
 * Gives up `ballast` when the disk is too full to start: recovery writes before it can free anything.
 * Returns whether there was something to give up.
 */
export function dropBallast(directory: string): boolean {
  const file = join(directory, "ballast");
  if (!existsSync(file) || diskSpace(directory).free >= 2 * ballastBytes) return false;
  rmSync(file);
  return true;
}

/**
 * Whether an engine that stopped on a full disk may be followed by another one, which needs a segment before it can free
 * anything: with the ballast, if it is still there, and in the log's own directory, which may be on another disk.
 */
export function hasRoomToOpen(directory: string): boolean {
  const ballast = existsSync(join(directory, "ballast")) ? ballastBytes : 0;
  const log = join(directory, "pgdata/pg_wal");
  return diskSpace(directory).free + ballast >= 2 * segmentBytes && diskSpace(log).free >= segmentBytes;
}

/** Keeps 16 MB aside in the file `ballast` while there is room for it. */
export function keepBallast(directory: string): void {
  const file = join(directory, "ballast");
  if (existsSync(file) || diskSpace(directory).free < 3 * ballastBytes) return;
  const descriptor = openSync(file, "w", 0o600);
  try {
    // Random, because a file system that compresses would keep nothing for a file of zeros.
    const block = crypto.getRandomValues(new Uint8Array(65_536));
    for (let written = 0; written < ballastBytes; written += block.length) writeSync(descriptor, block);
    fsyncSync(descriptor);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}
