import { loopback } from "../networks";
import { type Client, clientAddress, peerAddress } from "./client-address";
import { type IpBytes, ipMatcher } from "./ip-address";

/** What the kernel knows of one request while it is served. */
export type RequestContext = {
  /** Answered as `X-Request-Id`, and written in every log line. */
  id: string;
  /** Milliseconds of `performance.now()`. */
  startedAt: number;
  /** The pattern, never the path: `/f/:form`; `unmatched` where no route takes the address. */
  route: string;
  /** Bytes of body held for this request; they count to the process-wide budget until it is answered. */
  bodyBytes: number;
  /** Those among them that fall under the smaller budget. */
  bytesInPieces: number;
  /** `apart`: it did not come through the kernel (a unit test), so nobody will say when it is answered. */
  phase: "apart" | "open" | "answered";
  client: Client | undefined;
};

/** How the process is reached: which peers may speak for others, who the peer of a request is, and how patient it is. */
export type Forwarding = {
  isTrusted(address: IpBytes): boolean;
  peerOf(request: Request): string | undefined;
  /** Begins the time anew after which the connection of a request is closed. */
  waitAnew(request: Request): void;
  /** Called for each request with a forwarding header from a peer that is no trusted proxy. */
  untrustedSeen(): void;
};

type Known = RequestContext & { forwarding: Forwarding };

const contexts = new WeakMap<Request, Known>();
const nobody: Forwarding = {
  isTrusted: () => false,
  peerOf: () => undefined,
  waitAnew: () => {},
  untrustedSeen: () => {},
};

/** An id that may stand in a header and a log line as it is. */
const saneId = /^[A-Za-z0-9._-]{8,128}$/;

/** Starts the context of a request. An inbound `X-Request-Id` counts from trusted proxies alone. */
export function openContext(request: Request, forwarding: Forwarding = nobody): RequestContext {
  const context: Known = {
    id: "",
    startedAt: performance.now(),
    route: "unmatched",
    bodyBytes: 0,
    bytesInPieces: 0,
    phase: "open",
    client: undefined,
    forwarding,
  };
  contexts.set(request, context);
  context.id = inboundId(request, forwarding) ?? Bun.randomUUIDv7();
  return context;
}

/** The context of a request; one that did not come through the kernel (a unit test) gets a fresh one. */
export const contextOf = (request: Request): RequestContext => known(request);

/** Who sent it, found at the first question: most requests never ask. */
export function clientOf(request: Request): Client {
  const context = known(request);
  if (context.client) return context.client;
  const { isTrusted, peerOf, untrustedSeen } = context.forwarding;
  const client = clientAddress(request, peerOf(request), isTrusted);
  if (client.untrustedForwarding) untrustedSeen();
  context.client = client;
  return client;
}

const privately = new WeakSet<Request>();
const isLoopbackPeer = ipMatcher(loopback);
/** What proxies add; any of them says that somebody else asked. */
const proxyHeaders = /^(x-forwarded-\w+|forwarded|x-real-ip|x-client-ip|via)$/;

/** Says that a request came over the private socket, which only the user of this process may open. */
export function markPrivate(request: Request): Request {
  privately.add(request);
  return request;
}

export const isPrivate = (request: Request) => privately.has(request);

/** Whether the peer is on this machine and asks for itself. False where nobody knows the peer. */
export function isFromThisMachine(request: Request): boolean {
  const { forwarding } = known(request);
  const peer = forwarding.peerOf(request);
  if (peer === undefined || !isLoopbackPeer(peerAddress(peer))) return false;
  return ![...request.headers.keys()].some((name) => proxyHeaders.test(name));
}

/** For a body that arrives slowly and arrives: its connection is not closed for `idleTimeout` from now. */
export function waitAnew(request: Request): void {
  known(request).forwarding.waitAnew(request);
}

function known(request: Request): Known {
  let context = contexts.get(request);
  if (!context) {
    openContext(request);
    context = contexts.get(request) as Known;
    context.phase = "apart";
  }
  return context;
}

function inboundId(request: Request, forwarding: Forwarding): string | undefined {
  const id = request.headers.get("x-request-id");
  if (id === null || !saneId.test(id)) return;
  return forwarding.isTrusted(peerAddress(forwarding.peerOf(request))) ? id : undefined;
}
