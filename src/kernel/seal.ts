import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

const algorithm = "aes-256-gcm";
const tagBytes = 16;

/** Where a sealed value lives: table, column and row id. It opens nowhere else, so a copied value is worthless. */
export type SealedPlace = readonly [table: string, column: string, id: string | number];

/** Seals with the first key; opens with whichever sealed it. */
export type Sealer = {
  seal(text: string, place: SealedPlace): string;
  /** Undefined for what none of the keys opens, or what was sealed for another place. */
  open(sealed: string, place: SealedPlace): string | undefined;
};

/**
 * `v1.<key id>.<nonce>.<ciphertext and tag>`, AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. The id of the
 * key stands in front, so that changing keys strands nothing: the former ones are given too. Keys are of 32 bytes.
 */
export function createSealer([current, ...former]: readonly [Uint8Array, ...Uint8Array[]]): Sealer {
  const keys = new Map([current, ...former].map((key) => [idOf(key), key]));
  return {
    seal(text, place) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv(algorithm, current, nonce).setAAD(associated(place));
      const bytes = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return ["v1", idOf(current), nonce.toString("base64url"), bytes.toString("base64url")].join(".");
    },
    open(sealed, place) {
      const [version, id = "", nonce = "", body = ""] = sealed.split(".");
      const key = keys.get(id);
      const bytes = Buffer.from(body, "base64url");
      if (version !== "v1" || !key || bytes.length < tagBytes) return;
      try {
        const cipher = createDecipheriv(algorithm, key, Buffer.from(nonce, "base64url"))
          .setAAD(associated(place))
          .setAuthTag(bytes.subarray(-tagBytes));
        return cipher.update(bytes.subarray(0, -tagBytes), undefined, "utf8") + cipher.final("utf8");
      } catch {
        return;
      }
    },
  };
}

/** Tells keys apart and gives nothing of them away. */
const idOf = (key: Uint8Array) =>
  createHash("sha256").update("gatehouse key id").update(key).digest("hex").slice(0, 8);

const associated = (place: SealedPlace) => Buffer.from(place.join("\n"));
