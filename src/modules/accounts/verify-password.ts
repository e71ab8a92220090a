import type { HashCaller } from "#/kernel/crypto";
import type { Kernel } from "#/kernel/kernel";
import { nameError } from "#/kernel/log";
import { hashBytes, ownPrefix } from "./hash-password";
import { importedHashesRemain } from "./imported-hashes";
import { passwordBytes } from "./password-bytes";
import { type ReadableHash, readHash } from "./read-hash";

type Needs = Pick<Kernel, "db" | "hashing" | "log" | "now">;

/** What of an account matters here. */
export type PasswordHolder = {
  id: number;
  passwordHash: string | null;
  /** Nobody gets in, whatever the password: so a right one is answered as late as a wrong one. */
  isClosed?: boolean;
};

/**
 * `replacement` is there where the right password met an older or weaker hash: store it with
 * `update … set password_hash = <replacement> where id = <id> and password_hash = <the old one>`.
 */
export type PasswordVerdict = { ok: boolean; replacement?: string };

/** Costs what a real hash costs, and no password is known for it. */
const dummy = `${ownPrefix}${"A".repeat(43)}$${"A".repeat(43)}`;

/** Milliseconds from the start of hashing to a refusal while imported hashes remain: bcrypt of cost 12 takes 200. */
const refusalAfter = 300;
/** Bytes that bcrypt looks at. Bun does not cut there by itself, other libraries do. */
const bcryptBytes = 72;

/**
 * Compares once its turn came (refusals: see `HashQueue`). Takes as long for an account that does not exist
 * (`undefined`), that has no password, or whose stored hash is broken; the last is logged with the user's id. More than
 * 1,024 bytes, nothing and lone surrogates are wrong passwords that nobody waits for.
 */
export async function verifyPassword(
  needs: Needs,
  account: PasswordHolder | undefined,
  given: string,
  caller: HashCaller,
): Promise<PasswordVerdict> {
  const bytes = passwordBytes(given);
  if (!bytes) return { ok: false };
  const stored = usableHash(needs, account);

  let began = 0;
  const verdict = await needs.hashing.run(async (): Promise<PasswordVerdict> => {
    began = performance.now();
    const ok = await compare(
      needs,
      account,
      stored,
      stored?.algorithm === "bcrypt" ? uncomposed(given) : bytes,
    );
    return ok && stored?.weaker && !account?.isClosed ? { ok, replacement: await hashBytes(bytes) } : { ok };
  }, caller);

  if ((!verdict.ok || account?.isClosed) && (await importedHashesRemain(needs))) {
    await Bun.sleep(Math.max(0, began + refusalAfter - performance.now()));
  }
  return verdict;
}

/** What older systems hashed: the bytes as they were typed. */
const uncomposed = (given: string) => new TextEncoder().encode(given).subarray(0, bcryptBytes);

function usableHash({ log }: Needs, account: PasswordHolder | undefined): ReadableHash | undefined {
  if (!account || account.passwordHash === null) return;
  const hash = readHash(account.passwordHash);
  if (!("unusable" in hash)) return hash;
  log("error", "accounts.hash_unusable", { userId: account.id, reason: hash.unusable });
}

async function compare(
  { log }: Needs,
  account: PasswordHolder | undefined,
  stored: ReadableHash | undefined,
  bytes: Uint8Array,
): Promise<boolean> {
  if (stored) {
    try {
      return await Bun.password.verify(bytes, stored.text);
    } catch (error) {
      log("error", "accounts.hash_unusable", { userId: account?.id, ...nameError(error) });
    }
  }
  await Bun.password.verify(bytes, dummy);
  return false;
}
