import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { aborted } from "./limits";

/** Every address of a name, best first. Rejects where there is none. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** As the machine resolves names: its hosts file, then its name servers. */
export const resolveName: Resolve = async (name) =>
  (await lookup(name, { all: true, verbatim: true })).map(({ address }) => address);

/**
 * The addresses to connect to. All of them pass `permits` or none is given: a name with one good and one bad address is
 * an attempt. Asked once for each call, so that a name server has no second answer to give.
 */
export async function resolveTarget(
  host: string,
  { resolve, permits }: { resolve: Resolve; permits: (address: string) => boolean },
  signal: AbortSignal,
): Promise<readonly string[] | "address" | "dns" | "timeout"> {
  let addresses: readonly string[];
  try {
    addresses = isIP(host) ? [host] : await Promise.race([resolve(host), aborted(signal)]);
  } catch {
    return signal.aborted ? "timeout" : "dns";
  }
  if (addresses.length === 0) return "dns";
  return addresses.every((address) => isIP(address) !== 0 && permits(address)) ? addresses : "address";
}
