import { mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "../..");
const built = join(root, "dist/gatehouse");
const startMs = 20_000;

/** A test that fails leaves its executable behind; on Linux none outlives the run (prctl(2), PR_SET_PDEATHSIG). */
const bound = Bun.which("setpriv") ? ["setpriv", "--pdeathsig", "KILL", "--"] : [];

export type Started = {
  url: string;
  port: number;
  pid: number;
  /** Everything it has printed so far. */
  output: () => string;
  /** Its exit code; 137 stands for SIGKILL. */
  exited: Promise<number>;
  kill(signal?: NodeJS.Signals): Promise<number>;
};

/**
 * The compiled executable: `GATEHOUSE_EXECUTABLE`, else `dist/gatehouse`, built when it is missing or older than the
 * sources. Built aside and renamed, so that tests in several processes may ask at once.
 */
export async function executablePath(): Promise<string> {
  if (process.env.GATEHOUSE_EXECUTABLE) return process.env.GATEHOUSE_EXECUTABLE;
  if (isCurrent()) return built;
  const aside = join(root, `dist/.${process.pid}`);
  mkdirSync(aside, { recursive: true });
  const build = Bun.spawn([process.execPath, ".github/build.ts", join(aside, "gatehouse")], {
    cwd: root,
    stdout: "ignore",
    stderr: "pipe",
  });
  if ((await build.exited) !== 0) {
    throw new Error(`Cannot build the executable: ${await new Response(build.stderr).text()}`);
  }
  renameSync(join(aside, "gatehouse"), built);
  rmSync(aside, { recursive: true });
  return built;
}

function isCurrent(): boolean {
  const made = statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = new Bun.Glob("{src,drizzle}/**/*").scanSync({ cwd: root });
  const inputs = [...sources, "package.json", "bun.lock", ".github/build.ts"];
  return inputs.every((file) => statSync(join(root, file)).mtimeMs < made);
}

/** A loopback port that was free a moment ago. */
export function freePort(): number {
  const probe = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  const { port } = probe;
  probe.stop(true);
  return port as number;
}

type Options = {
  /** A program before it, such as strace. Signals go to that one. */
  wrap?: string[];
  args?: string[];
};

/** Starts `gatehouse serve` in this environment alone, and waits for nothing. Its folder is `/`. */
export async function spawnExecutable(
  env: Record<string, string>,
  { wrap = [], args = ["serve"] }: Options = {},
): Promise<Started> {
  const port = Number(env.PORT ?? freePort());
  const child = Bun.spawn([...bound, ...wrap, await executablePath(), ...args], {
    cwd: "/",
    env: { PATH: process.env.PATH, HOST: "127.0.0.1", PORT: String(port), FORMS_CANARY: "off", ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let printed = "";
  const collect = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) printed += decoder.decode(chunk, { stream: true });
  };
  const read = Promise.all([collect(child.stdout), collect(child.stderr)]);
  const exited = child.exited.then(async (code) => {
    await read;
    return code;
  });
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: child.pid,
    output: () => printed,
    exited,
    kill(signal = "SIGTERM") {
      child.kill(signal);
      return exited;
    },
  };
}

/** Starts `gatehouse serve` and waits until it is ready to store messages. */
export async function startExecutable(env: Record<string, string>, options: Options = {}): Promise<Started> {
  const started = await spawnExecutable(env, options);
  await untilReady(started);
  return started;
}

/** Waits until it can store messages; throws what it printed when it ends before, or takes 20 s. */
export async function untilReady(started: Started): Promise<void> {
  let ended = false;
  void started.exited.then(() => {
    ended = true;
  });
  const deadline = performance.now() + startMs;
  while (performance.now() < deadline) {
    if (ended) throw new Error(`It ended with ${await started.exited}: ${started.output()}`);
    const signal = AbortSignal.timeout(3_000);
    const answer = await fetch(`${started.url}/api/v1/readyz`, { signal }).catch(() => undefined);
    await answer?.bytes();
    if (answer?.status === 200) return;
    await Bun.sleep(10);
  }
  await started.kill("SIGKILL");
  throw new Error(`It was not ready in ${startMs} ms: ${started.output()}`);
}
