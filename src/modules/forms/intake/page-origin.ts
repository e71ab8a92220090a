import type { Config } from "#/kernel/config";
import { deriveKey, sign, verify } from "#/kernel/crypto";

/**
 * The page that shows a visitor's mistakes is ours, so a corrected post has our origin. `_from` carries the
 * origin of the first page through it, signed, so that nobody can name another.
 */
export function createPageOrigins({ rootSecret }: Pick<Config, "rootSecret">) {
  const key = deriveKey(rootSecret, "forms.page-origin");
  return {
    seal: (origin: string): string => `${origin}.${sign(key, origin)}`,
    open: (sealed: string | undefined): string | undefined => {
      const dot = sealed?.lastIndexOf(".") ?? -1;
      if (sealed === undefined || dot === -1) return undefined;
      const origin = sealed.slice(0, dot);
      return verify(key, origin, sealed.slice(dot + 1)) ? origin : undefined;
    },
  };
}
