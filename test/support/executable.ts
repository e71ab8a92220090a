import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const EXECUTABLE = process.env.GATEHOUSE_EXECUTABLE ?? join(import.meta.dir, "../../dist/gatehouse");
const START_TIMEOUT_MS = 20_000;

export type Running = {
  url: string;
  port: number;
  pid: number;
  /** Everything it has printed so far. */
  output: () => string;
  exited: Promise<number>;
  kill(signal?: NodeJS.Signals): Promise<number>;
};

/** The compiled executable, built when it is not there yet. */
export async function executablePath(): Promise<string> {
  if (!existsSync(EXECUTABLE)) {
    const build = Bun.spawn(["bun", "run", "build"], { stdout: "ignore", stderr: "inherit" });
    if ((await build.exited) !== 0) throw new Error("Cannot build the executable");
  }
  return EXECUTABLE;
}

/** A directory of one test, removed by `remove`. */
export async function scratch(): Promise<{ dir: string; remove: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), "gatehouse-test-"));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** A port that was free a moment ago. */
export function freePort(): number {
  const probe = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  const { port } = probe;
  probe.stop(true);
  return port as number;
}

/** Starts `gatehouse serve` and resolves when `/health` answers. `wrap` puts a program such as strace before it. */
export async function startExecutable(
  env: Record<string, string>,
  { wrap = [], args = ["serve"] }: { wrap?: string[]; args?: string[] } = {},
): Promise<Running> {
  const port = Number(env.PORT ?? freePort());
  const child = Bun.spawn([...wrap, await executablePath(), ...args], {
    cwd: "/",
    env: {
      PATH: process.env.PATH ?? "",
      HOME: "/nonexistent",
      HOST: "127.0.0.1",
      PORT: String(port),
      ...env,
    },
    stdout: "pipe",
    stderr: "pipe",
  });
  let printed = "";
  const collect = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) printed += decoder.decode(chunk, { stream: true });
  };
  void collect(child.stdout);
  void collect(child.stderr);

  const running: Running = {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: child.pid,
    output: () => printed,
    exited: child.exited,
    kill: (signal = "SIGTERM") => {
      child.kill(signal);
      return child.exited;
    },
  };
  await untilHealthy(running, child);
  return running;
}

async function untilHealthy(running: Running, child: Bun.Subprocess): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`Exited with ${child.exitCode}: ${running.output()}`);
    const answer = await fetch(`${running.url}/health`).catch(() => undefined);
    if (answer?.ok) return;
    await Bun.sleep(10);
  }
  child.kill("SIGKILL");
  throw new Error(`Not healthy in ${START_TIMEOUT_MS} ms: ${running.output()}`);
}
