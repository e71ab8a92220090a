/** A TCP connection that sends bytes as they are, at whatever pace, and keeps what comes back. */
export type RawConnection = {
  /** The first 64 KB that came back. */
  received(): string;
  isOpen(): boolean;
  /** When the other side ends it, or `close` does. */
  closed: Promise<void>;
  /** Waits until there is room for more; false once the connection is closed. */
  write(bytes: string | Uint8Array): Promise<boolean>;
  /** Waits until what came back matches, or the connection is closed. */
  matching(wanted: RegExp): Promise<string>;
  close(): void;
};

const kept = 64 * 1024;

export async function connectRaw(port: number): Promise<RawConnection> {
  const closed = Promise.withResolvers<void>();
  let received = "";
  let open = true;
  let drained = Promise.withResolvers<void>();
  let heard = Promise.withResolvers<void>();
  const end = () => {
    open = false;
    closed.resolve();
    drained.resolve();
    heard.resolve();
  };
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data(_socket, bytes) {
        if (received.length < kept) received += bytes.toString();
        heard.resolve();
        heard = Promise.withResolvers();
      },
      drain() {
        drained.resolve();
        drained = Promise.withResolvers();
      },
      close: end,
      error: end,
    },
  });
  return {
    received: () => received,
    isOpen: () => open,
    closed: closed.promise,
    async write(bytes) {
      let rest = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
      while (open) {
        const written = socket.write(rest);
        if (written === rest.length) return true;
        if (written > 0) rest = rest.subarray(written);
        if (open) await drained.promise;
      }
      return false;
    },
    async matching(wanted) {
      while (open && !wanted.test(received)) await heard.promise;
      return received;
    },
    close() {
      socket.terminate();
      end();
    },
  };
}

/** The status line's number; 0 where the connection was closed without an answer. */
export const rawStatus = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
