import { createServer, connect as dial, type Server, type Socket } from "node:net";

/**
 * How it treats bytes: passes them; nobody listens; takes connections and holds every byte; delays each chunk; gives the
 * client one byte a second; answers nonsense for what the server says.
 */
export type Fault = "none" | "gone" | "stalled" | "slow" | "dripping" | "garbage";

export type FaultyProxy = {
  port: number;
  /** From now on, for open connections too; `gone` ends them. */
  become(fault: Fault): Promise<void>;
  /** How many connections it has taken. */
  accepted(): number;
  stop(): Promise<void>;
};

/** A TCP proxy on loopback that misbehaves on demand. `slowMs` is what a slow one adds to each chunk, each way. */
export async function startProxy(target: number, { slowMs = 3_000 } = {}): Promise<FaultyProxy> {
  const sockets = new Set<Socket>();
  let held: (() => void)[] = [];
  let current: Fault = "none";

  const forward = (from: Socket, to: Socket, toClient: boolean) => {
    let last = Promise.resolve();
    const send = async (chunk: Uint8Array): Promise<void> => {
      if (current === "stalled") await new Promise<void>((resolve) => held.push(resolve));
      if (current === "slow") await Bun.sleep(slowMs);
      if (current === "garbage" && toClient) to.write(crypto.getRandomValues(new Uint8Array(64)));
      else if (current === "dripping" && toClient) {
        for (const byte of chunk) {
          to.write(Uint8Array.of(byte));
          if (current === "dripping") await Bun.sleep(1_000);
        }
      } else to.write(chunk);
    };
    from.on("data", (chunk) => {
      last = last.then(() => send(chunk as unknown as Uint8Array));
    });
    from.on("close", () => void last.then(() => to.destroy()));
    from.on("error", () => {});
  };

  let accepted = 0;
  const server: Server = createServer((client) => {
    accepted += 1;
    const upstream = dial(target, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    }
    forward(client, upstream, false);
    forward(upstream, client, true);
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", () => resolve()));
  const close = async () => {
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await listen(0);
  const { port } = server.address() as { port: number };

  return {
    port,
    accepted: () => accepted,
    async become(fault) {
      if (fault === "gone" && current !== "gone") await close();
      if (fault !== "gone" && current === "gone") await listen(port);
      current = fault;
      const waiting = held;
      held = [];
      for (const go of waiting) go();
    },
    async stop() {
      if (current !== "gone") await close();
    },
  };
}
