import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Target } from "./read-target";

type Refusal = "connection" | "tls" | "timeout";

/** Addresses that are tried at most, and the milliseconds for each but the last: a dead one must not cost the call. */
const mostAddresses = 4;
const patienceMs = 1_500;

/**
 * A connection to the first address that takes one; for https, with a certificate that is checked against the name.
 * Nothing was sent yet when this answers, so whatever fails here did not happen at the other side.
 */
export async function openConnection(
  target: Target,
  addresses: readonly string[],
  { signal, trust }: { signal: AbortSignal; trust?: string | undefined },
): Promise<Socket | Refusal> {
  const tried = addresses.slice(0, mostAddresses);
  let refusal: Refusal = "connection";
  for (const [place, address] of tried.entries()) {
    const isLast = place === tried.length - 1;
    const opened = await dial(target, address, isLast ? signal : withPatience(signal), trust);
    if (typeof opened !== "string") return opened;
    refusal = signal.aborted ? "timeout" : opened;
    // Another address of the name would show the same certificate, or is another's.
    if (refusal === "tls" || signal.aborted) break;
  }
  return refusal;
}

const withPatience = (signal: AbortSignal) => AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);

function dial(
  { host, port, secure }: Target,
  address: string,
  signal: AbortSignal,
  trust: string | undefined,
): Promise<Socket | Refusal> {
  const { promise, resolve } = Promise.withResolvers<Socket | Refusal>();
  if (signal.aborted) return Promise.resolve("timeout");
  const to = { host: address, port };
  const socket = secure
    ? connectTls({
        ...to,
        // Without a name, as for `https://192.0.2.1`, the certificate must hold the address itself.
        ...(isIP(host) === 0 && { servername: host.replace(/\.$/, "") }),
        ALPNProtocols: ["http/1.1"],
        ...(trust !== undefined && { ca: trust }),
      })
    : connectTcp(to);
  const giveUp = () => {
    socket.destroy();
    resolve("timeout");
  };
  signal.addEventListener("abort", giveUp, { once: true });
  socket.on("error", (error: NodeJS.ErrnoException) => resolve(isOfSystem(error) ? "connection" : "tls"));
  socket.once("close", () => resolve("connection"));
  socket.once(secure ? "secureConnect" : "connect", () => {
    signal.removeEventListener("abort", giveUp);
    resolve(socket);
  });
  return promise;
}

/** `ECONNREFUSED` and the like, against `CERT_HAS_EXPIRED` and `ERR_SSL_…`, which come after a connection. */
const isOfSystem = ({ code = "" }: NodeJS.ErrnoException) => /^E[A-Z]+$/.test(code) && code !== "EPROTO";
