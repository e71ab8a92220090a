import { createServer, type Socket } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { type ParsedMail, parseMail } from "./parse-mail";

export type { ParsedMail } from "./parse-mail";

export type TestSmtp = {
  /** `smtp://127.0.0.1:port` */
  url: string;
  /** Everything received so far, oldest first. */
  messages: ParsedMail[];
  /** The next mail that nobody asked for yet; fails after `timeoutMs` (5 s). */
  next(timeoutMs?: number): Promise<ParsedMail>;
  stop(): Promise<void>;
};

/** A real mail server on loopback that keeps what it is given. Without options: no login, no TLS. */
export async function startSmtp(options: SMTPServerOptions = {}): Promise<TestSmtp> {
  const messages: ParsedMail[] = [];
  let read = 0;
  let arrived = Promise.withResolvers<void>();
  const server = new SMTPServer({
    authOptional: !options.onAuth,
    disabledCommands: options.key ? [] : ["STARTTLS"],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    async onData(stream, session, done) {
      const chunks = await Array.fromAsync(stream as AsyncIterable<Buffer>).catch(() => undefined);
      // The client died in the middle of a mail: it was never received.
      if (!chunks) return;
      const raw = Buffer.concat(chunks).toString();
      const { mailFrom, rcptTo } = session.envelope;
      const to = rcptTo.map(({ address }) => address);
      messages.push(parseMail(raw, { from: mailFrom ? mailFrom.address : "", to }));
      arrived.resolve();
      arrived = Promise.withResolvers();
      done();
    },
    ...options,
  });
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.server.address() as { port: number };

  return {
    url: `smtp${options.secure ? "s" : ""}://127.0.0.1:${port}`,
    messages,
    async next(timeoutMs = 5000) {
      const deadline = performance.now() + timeoutMs;
      while (read === messages.length) {
        const left = deadline - performance.now();
        if (left <= 0) throw new Error("No mail arrived in time");
        await Promise.race([arrived.promise, Bun.sleep(Math.min(left, 100))]);
      }
      return messages[read++] as ParsedMail;
    },
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

type Stage = "greeting" | "EHLO" | "MAIL" | "RCPT" | "DATA" | "end";

/** What a broken server does at one stage: a reply line, silence, or a closed connection. */
export type Script = Partial<Record<Stage, string | "hang" | "drop">>;

/** A server that follows the protocol but for what the script says. `seen` are the stages reached, in order. */
export async function startScriptedSmtp(script: Script, onPort = 0) {
  const seen: Stage[] = [];
  const sockets = new Set<Socket>();
  const usual: Record<Stage, string> = {
    greeting: "220 test",
    EHLO: "250 test",
    MAIL: "250 ok",
    RCPT: "250 ok",
    DATA: "354 go on",
    end: "250 kept",
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    const answer = (stage: Stage) => {
      seen.push(stage);
      const reply = script[stage] ?? usual[stage];
      if (reply === "drop") socket.destroy();
      else if (reply !== "hang") socket.write(`${reply}\r\n`);
    };
    let inData = false;
    let buffered = "";
    socket.on("data", (bytes) => {
      buffered += bytes.toString("latin1");
      if (inData) {
        if (!buffered.endsWith("\r\n.\r\n")) return;
        inData = false;
        buffered = "";
        answer("end");
        return;
      }
      const lines = buffered.split("\r\n");
      buffered = lines.pop() ?? "";
      for (const line of lines) {
        const verb = line.slice(0, 4).toUpperCase();
        if (verb === "QUIT") socket.end("221 bye\r\n");
        else if (verb === "RSET") socket.write("250 ok\r\n");
        else if (verb === "EHLO" || verb === "MAIL" || verb === "RCPT" || verb === "DATA") answer(verb);
        if (verb === "DATA") inData = (script.DATA ?? usual.DATA).startsWith("354");
      }
    });
    answer("greeting");
  });
  await new Promise<void>((resolve) => server.listen(onPort, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const dropAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `smtp://127.0.0.1:${port}`,
    seen,
    dropAll,
    stop: () => {
      dropAll();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
