import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ControlHandler, controlSocketOf, serveControl } from "#/kernel/control";
import { callControl } from "#/kernel/control-client";

let directory: string;
let path: string;
let closers: (() => Promise<void>)[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "gatehouse-control-"));
  path = controlSocketOf({ CONTROL_SOCKET: undefined, DATA_DIR: directory });
  closers = [];
});
afterEach(async () => {
  for (const close of closers) await close();
  rmSync(directory, { recursive: true, force: true });
});

async function serve(handlers: Record<string, ControlHandler>) {
  const server = await serveControl(path, handlers, () => {});
  closers.push(server.close);
  return server;
}

test("does a command with its arguments, streams its output and gives its exit code", async () => {
  await serve({
    echo: async (args, write) => {
      await write(`a\n"ü" \u{1F600}`);
      await write(JSON.stringify(args));
      return 3;
    },
  });
  const chunks: string[] = [];

  const exit = await callControl(path, "echo", { form: "contact" }, (chunk) => void chunks.push(chunk));

  expect({ exit, chunks }).toEqual({ exit: 3, chunks: [`a\n"ü" \u{1F600}`, '{"form":"contact"}'] });
});

test("hands on the first chunk while the command still runs", async () => {
  const finish = Promise.withResolvers<void>();
  const first = Promise.withResolvers<string>();
  await serve({
    slow: async (_args, write) => {
      await write("begun");
      await finish.promise;
      return 0;
    },
  });

  const call = callControl(path, "slow", undefined, first.resolve);

  expect(await first.promise).toBe("begun");
  finish.resolve();
  expect(await call).toBe(0);
});

test("streams megabytes whole and in order, to several callers at once", async () => {
  const line = "x".repeat(10_000);
  await serve({
    export: async (_args, write) => {
      for (let n = 0; n < 300; n++) await write(`${n}:${line}`);
      return 0;
    },
  });
  const collect = async () => {
    const numbers: number[] = [];
    await callControl(path, "export", undefined, (chunk) => void numbers.push(Number(chunk.split(":")[0])));
    return numbers;
  };

  const results = await Promise.all([collect(), collect(), collect()]);

  for (const numbers of results) expect(numbers).toEqual(Array.from({ length: 300 }, (_, n) => n));
});

test("a slow caller holds the command back, and still gets everything", async () => {
  const gate = Promise.withResolvers<void>();
  let [written, taken] = [0, 0];
  await serve({
    flood: async (_args, write) => {
      for (; written < 200; written++) await write("x".repeat(500_000));
      return 0;
    },
  });

  const call = callControl(path, "flood", undefined, () => {
    taken++;
    return gate.promise;
  });
  for (let turn = 0; turn < 2_000; turn++) await new Promise(setImmediate);

  expect(written).toBeLessThan(20);
  gate.resolve();
  expect(await call).toBe(0);
  expect([written, taken]).toEqual([200, 200]);
}, 20_000);

test("answers 64 for a command that it does not know, and 70 when one throws", async () => {
  await serve({
    broken: async (_args, write) => {
      await write("so far");
      throw new Error("a secret");
    },
  });
  const chunks: string[] = [];

  expect(await callControl(path, "toString", undefined, () => {})).toBe(64);
  expect(await callControl(path, "broken", undefined, (chunk) => void chunks.push(chunk))).toBe(70);
  expect(chunks).toEqual(["so far"]);
});

test("is for its own user alone", async () => {
  await serve({});

  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("finds nobody where there is no socket, no socket any more, or some other file", async () => {
  expect(await callControl(path, "echo", undefined, () => {})).toBeUndefined();
  await leaveStaleSocket();
  expect(await callControl(path, "echo", undefined, () => {})).toBeUndefined();
  rmSync(path);
  writeFileSync(path, "");
  expect(await callControl(path, "echo", undefined, () => {})).toBeUndefined();
});

test("replaces a socket whose process has died, and leaves none behind when it closes", async () => {
  await leaveStaleSocket();

  const server = await serve({ one: async () => 1 });

  expect(await callControl(path, "one", undefined, () => {})).toBe(1);
  await server.close();
  expect(existsSync(path)).toBe(false);
});

test("refuses to take the socket of a process that lives", async () => {
  await serve({ one: async () => 1 });

  expect(await serveControl(path, {}, () => {}).catch((error) => error)).toMatchObject({ exitCode: 75 });
  expect(await callControl(path, "one", undefined, () => {})).toBe(1);
});

test("refuses a path that no socket can have, naming the setting", async () => {
  const long = join(directory, "x".repeat(120));

  expect(await serveControl(long, {}, () => {}).catch((error) => error)).toMatchObject({
    exitCode: 78,
    message: expect.stringContaining("CONTROL_SOCKET"),
  });
});

test("ends the command when its caller goes away", async () => {
  const ended = Promise.withResolvers<void>();
  await serve({
    endless: async (_args, write) => {
      try {
        for (;;) await write("x".repeat(10_000));
      } finally {
        ended.resolve();
      }
    },
  });

  const call = callControl(path, "endless", undefined, () => {
    throw new Error("enough");
  });

  expect(await call.catch((error) => error.message)).toBe("enough");
  await ended.promise;
});

/** What a killed server leaves: a socket file on which nobody listens. */
async function leaveStaleSocket() {
  const script = `Bun.serve({ unix: ${JSON.stringify(path)}, fetch: () => new Response() }); process.stdout.write("up")`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
  await child.stdout.getReader().read();
  child.kill("SIGKILL");
  await child.exited;
  expect(existsSync(path)).toBe(true);
}
