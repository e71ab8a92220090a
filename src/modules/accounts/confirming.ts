import type { Kernel } from "#/kernel/kernel";

/**
 * Whether an address must be confirmed. With mail it must, and nobody is told whether an address has an account;
 * without mail nobody could confirm anything, so it need not, and duplicates are answered plainly. Files in the
 * outbox of a development reach nobody.
 */
export function isConfirming({ config, mail }: Pick<Kernel, "config" | "mail">): boolean {
  if (config.REQUIRE_VERIFIED_EMAIL !== "auto") return config.REQUIRE_VERIFIED_EMAIL === "true";
  return mail.available && mail.transport !== "outbox";
}
