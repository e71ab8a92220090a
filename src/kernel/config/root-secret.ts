import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { randomToken } from "../crypto";
import type { Problem, Reading } from "./read-settings";
import { isKnownCode, isKnownDefault, isRepetition } from "./sample-values";

const minimumBytes = 32;

/** In the order in which the first one that is set becomes the root. */
export const rootNames = ["SECRET_KEY", "JWT_SECRET_KEY", "ENCRYPTION_KEY"] as const;
export type RootName = (typeof rootNames)[number];

const repeated = "must not be one character or group repeated";

/** What is wrong with a root secret, in words that complete "NAME …"; undefined where it is good or not set. */
export function weaknessOf({ values }: Reading, name: RootName): string | undefined {
  const value = values[name];
  if (value === undefined) return;
  const written = typeof value === "string" ? value : Buffer.from(value).toString("base64");
  if (isKnownDefault(written)) return "must not be a published example or default";
  const bytes = Buffer.from(toBytes(value));
  if (isRepetition(bytes.toString("latin1"))) return repeated;
  return bytes.length < minimumBytes ? `must be ${minimumBytes} bytes or more` : undefined;
}

/** Everything about secrets that stops the start in production. */
export function judgeSecrets(reading: Reading, assumed: boolean): Problem[] {
  const { sources, values } = reading;
  const problems: Problem[] = rootNames.flatMap((name) => {
    const problem = weaknessOf(reading, name);
    return problem ? [{ name, problem }] : [];
  });
  if (rootNames.every((name) => sources[name] === "unset")) {
    const why = assumed ? "; production is assumed, ENV=development says otherwise" : "";
    const problem = `must be set in production, or JWT_SECRET_KEY or ENCRYPTION_KEY in its place${why}`;
    problems.push({ name: "SECRET_KEY", problem });
  }
  if (values.DEV_MASTER_OTP !== undefined && isKnownCode(values.DEV_MASTER_OTP)) {
    problems.push({ name: "DEV_MASTER_OTP", problem: "must not be a known or repeated code in production" });
  }
  return problems;
}

/** The root secrets that are set, as bytes, without published examples (which only a development may hold). */
export function usableSecrets({ values }: Reading): Partial<Record<RootName, Uint8Array>> {
  const set = rootNames.flatMap((name) => {
    const value = values[name];
    const usable = value !== undefined && !(typeof value === "string" && isKnownDefault(value));
    return usable ? [[name, toBytes(value)]] : [];
  });
  return Object.fromEntries(set);
}

const toBytes = (secret: string | Uint8Array) =>
  typeof secret === "string" ? new TextEncoder().encode(secret) : secret;

/**
 * The root secret of a machine that was given none: 32 random bytes, made once, in `DATA_DIR/keys/root`
 * (0600 in a directory 0700). Of two processes that start at the same moment both get the first one's.
 * Throws the file system's error.
 */
export function generatedRoot(dataDir: string): Uint8Array {
  const [folder, file] = [join(dataDir, "keys"), join(dataDir, "keys", "root")];
  const stored = readRoot(file);
  if (stored) return stored;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const incoming = `${file}.${process.pid}`;
  rmSync(incoming, { force: true });
  writeSynced(incoming, `${randomToken(minimumBytes)}\n`);
  try {
    linkSync(incoming, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(incoming, { force: true });
  }
  syncFolder(folder);
  return readRoot(file)!;
}

/** Undefined where none was made yet. */
function readRoot(file: string): Uint8Array | undefined {
  try {
    const bytes = Buffer.from(readFileSync(file, "utf8").trim(), "base64url");
    if (bytes.length !== minimumBytes)
      throw Object.assign(new Error("Cannot use this key"), { code: "damaged" });
    return new Uint8Array(bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
}

function writeSynced(file: string, text: string) {
  const descriptor = openSync(file, "wx", 0o600);
  writeSync(descriptor, text);
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** A new name lasts only once its directory is on disk too (fsync(2)). */
function syncFolder(folder: string) {
  const descriptor = openSync(folder, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}
