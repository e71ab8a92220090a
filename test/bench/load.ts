import { join } from "node:path";
import { spread } from "./table";

/** What `wrk` saw. `refused` answers carry a status of 400 or more, `broken` requests got none; milliseconds. */
export type Load = {
  answers: number;
  seconds: number;
  refused: number;
  broken: number;
  p50: number;
  p99: number;
  max: number;
};

export type Shot = { connections: number; seconds: number; kind?: "json" | "urlencoded" };

/** Messages that `wrk` was told are stored. */
export const acknowledged = ({ answers, refused }: Load) => answers - refused;

export const perSecond = (load: Load) => acknowledged(load) / load.seconds;

/** `p50 4 (3 to 5) ms, p99 …`, over some rounds. */
export const latencyOf = (loads: readonly Load[]): string =>
  `p50 ${spread(loads.map(({ p50 }) => p50))} ms, p99 ${spread(loads.map(({ p99 }) => p99))} ms`;

/** Loads one address: with posts that all differ where `kind` says how they are written, else with `GET`. */
export async function load(url: string, { connections, seconds, kind }: Shot): Promise<Load> {
  const script = join(import.meta.dir, kind ? "post.lua" : "summary.lua");
  const arguments_ = kind ? ["--", kind, crypto.randomUUID().slice(0, 8)] : [];
  const wrk = ["wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "10s", "-s", script, url];
  const child = Bun.spawn([...wrk, ...arguments_], { stdout: "pipe", stderr: "inherit" });
  const output = await new Response(child.stdout).text();
  const line = output.split("\n").find((one) => one.startsWith('{"answers"'));
  if ((await child.exited) !== 0 || !line) throw new Error(`wrk failed: ${output}`);
  return JSON.parse(line) as Load;
}
