import { accessSync, constants, type Stats, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Verdict } from "../probes";

const floorBytes = 256 * 2 ** 20;

/** Exists or can be made, can be written, is nobody else's to read, and has room. */
export function probeDataDir(folder: string): Verdict {
  const found = findFolder(folder);
  if (found === undefined) {
    const parent = nearestParent(folder);
    return isWritable(parent)
      ? { ok: true, detail: `${folder} is made at the first start; ${freeOf(parent).text}` }
      : { ok: false, detail: `${folder} does not exist and cannot be made` };
  }
  if (!found.isDirectory()) return { ok: false, detail: `${folder} is not a folder` };
  if (!isWritable(folder)) return { ok: false, detail: `${folder} cannot be written` };
  const { low, text } = freeOf(folder);
  if (low) return { ok: false, detail: `${folder}: ${text}, too little to store messages` };
  const mode = (found.mode & 0o777).toString(8).padStart(4, "0");
  return found.mode & 0o007
    ? { ok: true, warning: true, detail: `${folder} (${mode}) is open to every user of the machine; ${text}` }
    : { ok: true, detail: `${folder} (${mode}); ${text}` };
}

/** Writes stop below 5 % or 256 MB free, whichever is less. */
function freeOf(folder: string) {
  const { bavail, blocks, bsize } = statfsSync(folder);
  const [free, size] = [bavail * bsize, blocks * bsize];
  return { low: free < Math.min(floorBytes, size / 20), text: `${Math.floor(free / 2 ** 20)} MB free` };
}

function findFolder(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

function nearestParent(path: string): string {
  const parent = dirname(path);
  return findFolder(parent) || parent === path ? parent : nearestParent(parent);
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
