import { dlopen } from "bun:ffi";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { lockRefusal } from "./start-refusal";

/** `LOCK_EX | LOCK_NB` of <sys/file.h>, the same on Linux and macOS. */
const exclusiveAtOnce = 2 | 4;
const machine = process.arch === "arm64" ? "aarch64" : "x86_64";

/**
 * Takes the lock of a data directory (flock(2) on its file `lock`) and gives back its release. The kernel frees
 * it when the process dies, so it can be neither stale nor stolen. Refuses at once when another process has it.
 */
export function lockDataDir(directory: string): () => void {
  const file = openSync(join(directory, "lock"), "a+", 0o600);
  if (flock(file, exclusiveAtOnce) !== 0) {
    closeSync(file);
    throw lockRefusal(`The data directory ${directory} is in use by another gatehouse process`);
  }
  return () => closeSync(file);
}

function flock(file: number, operation: number): number {
  const libc = openLibc();
  try {
    return libc.symbols.flock(file, operation);
  } finally {
    libc.close();
  }
}

function openLibc() {
  const names =
    process.platform === "darwin" ? ["libSystem.B.dylib"] : ["libc.so.6", `libc.musl-${machine}.so.1`];
  for (const name of names) {
    try {
      return dlopen(name, { flock: { args: ["i32", "i32"], returns: "i32" } });
    } catch {}
  }
  throw new Error("Cannot find the C library of this system");
}
