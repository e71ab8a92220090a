import { type RequestOptions, request } from "node:http";
import { inspectConfig } from "#/kernel/config";
import { type Help, print, readArguments } from "./command";
import { exitCodes } from "./exit-codes";

const deadlineMs = 3000;

export const help: Help = {
  usage: "",
  summary: "Ask the running server whether it lives (for containers and monitors)",
  details: "Asks GET /health on CONTROL_SOCKET, else on HOST and PORT, and waits three seconds at most.",
  exits: ["failed"],
};

/** The rest of the configuration may be missing here: an operator's shell has no secrets of the service. */
export async function run(args: string[]): Promise<number> {
  readArguments(args, { options: {} });
  const { host, reading } = inspectConfig(process.env);
  const { CONTROL_SOCKET, PORT } = reading.values;
  const address = CONTROL_SOCKET ? { socketPath: CONTROL_SOCKET } : { host: reachable(host), port: PORT };

  const answer = await askHealth(address);

  if (answer === 200) print("healthy");
  else console.error(`gatehouse: not healthy: ${answer}`);
  return answer === 200 ? exitCodes.done : exitCodes.failed;
}

/** An address that means "all of this machine" is asked on loopback. */
const reachable = (host: string) => (host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host);

/** The status, or why there is none. */
function askHealth(address: RequestOptions): Promise<number | string> {
  const { promise, resolve } = Promise.withResolvers<number | string>();
  const timer = setTimeout(() => resolve(`no answer in ${deadlineMs} ms`), deadlineMs);
  const asked = request(
    { ...address, path: "/health", agent: false, headers: { connection: "close" } },
    (answer) => {
      resolve(answer.statusCode ?? "no status");
    },
  );
  asked.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.name));
  asked.end();
  return promise.finally(() => {
    clearTimeout(timer);
    asked.destroy();
  });
}
