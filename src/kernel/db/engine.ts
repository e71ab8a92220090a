import { PGlite } from "@electric-sql/pglite";
import runtimeFiles from "@electric-sql/pglite/pglite.data" with { type: "file" };
import wasm from "@electric-sql/pglite/pglite.wasm" with { type: "file" };
import { DurableFs, type Layer } from "./durable-fs";
import { failForGood } from "./engine-stop";

/** PGlite's own parameters without `-F`, which turns the syncs off. */
const parameters = PGlite.defaultStartParams.filter((parameter) => parameter !== "-F");

/** `max_wal_size` only bounds what is kept: nothing checkpoints by itself in single-user mode (`upkeep.ts`). */
const settings = {
  fsync: "on",
  // The default, fdatasync, is a stub in Emscripten that reports success.
  wal_sync_method: "fsync",
  shared_buffers: "16MB",
  max_wal_size: "64MB",
  min_wal_size: "32MB",
  // Compiling a plan pays for queries of seconds; ours are bounded.
  jit: "off",
};

/** A module that imports and exports nothing: PGlite fetches the one for initdb unless it is given some module. */
const noInitdb = new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));

/** Starts PGlite on an initialised directory. Its three files come from within the executable. */
export async function startEngine(directory: string, ...layers: Layer[]): Promise<PGlite> {
  const pgliteWasmModule = await WebAssembly.compile(await Bun.file(wasm).arrayBuffer());
  const fs = new DurableFs(directory, ...layers);
  try {
    const engine = await PGlite.create({
      fs,
      pgliteWasmModule,
      initdbWasmModule: noInitdb,
      fsBundle: Bun.file(runtimeFiles),
      startParams: [
        ...parameters,
        ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      ],
    });
    failForGood(engine);
    return engine;
  } catch (error) {
    fs.endTimer();
    throw error;
  }
}
