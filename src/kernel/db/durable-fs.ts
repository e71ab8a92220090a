import { closeSync, fsyncSync, openSync } from "node:fs";
import { dirname } from "node:path";
import type { PGlite } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";

/** Emscripten's options of PGlite, whose type it does not export by name. */
type PostgresMod = PGlite["Module"];

/** A file or directory of Emscripten's file system, and one that is open. `nfd` is Node's descriptor. */
type Node = { name: string };
type Stream = { nfd: number; node: Node };

/** The part of Emscripten's NODEFS that we lean on: `kernel/db/durable-fs.test.ts` pins it. */
export type NodeFileSystem = {
  realPath(node: Node): string;
  tryFSOperation<T>(operation: () => T): T;
  node_ops: {
    mknod(parent: Node, name: string, mode: number, dev: number): Node;
    rename(node: Node, parent: Node, name: string): void;
    unlink(parent: Node, name: string): void;
  };
  stream_ops: { fsync?(stream: Stream): number };
};

/** What the disk is asked to make durable: a file by its descriptor, the entries of a directory by its path. */
export type Syncs = { file(descriptor: number): void; directory(path: string): void };

/** Changes the file system before the engine sees it: how a test takes the syncs away or records them. */
export type Layer = (fileSystem: NodeFileSystem, syncs: Syncs) => void;

/**
 * PGlite's files on disk, made durable: its own NODEFS has no `fsync`, and Emscripten then reports success.
 * Only `wal_sync_method=fsync` comes this way; `fdatasync`, the default, is a stub that does nothing.
 */
export class DurableFs extends NodeFS {
  readonly #layers: readonly Layer[];
  #engine: { _clear_setitimer(): void } | undefined;

  constructor(directory: string, ...layers: Layer[]) {
    super(directory);
    this.#layers = [syncForReal, ...layers];
  }

  override async init(pg: PGlite, options: Partial<PostgresMod>) {
    const { emscriptenOpts } = await super.init(pg, options);
    const preRun = (mod: PostgresMod) => {
      const { NODEFS } = mod as unknown as { NODEFS: NodeFileSystem };
      this.#engine = mod as unknown as { _clear_setitimer(): void };
      const syncs: Syncs = { file: fsyncSync, directory: syncDirectory };
      for (const layer of this.#layers) layer(NODEFS, syncs);
    };
    const given = emscriptenOpts.preRun as ((mod: PostgresMod) => void)[];
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...given, preRun] } };
  }

  /**
   * Ends the timer of an engine that could not start: recovery sets one of ten seconds, which would keep the process
   * and then call what is no longer there.
   */
  endTimer(): void {
    this.#engine?._clear_setitimer();
  }
}

/**
 * A sync of a file also syncs the directories whose entries have changed since the last one, so that a new or
 * renamed WAL segment is on disk before the commit that it holds is answered.
 */
const syncForReal: Layer = (fileSystem, syncs) => {
  const changed = new Set<string>();
  const { node_ops: nodes, stream_ops: streams, realPath } = fileSystem;
  const { mknod, rename, unlink } = nodes;

  nodes.mknod = (parent, ...rest) => {
    changed.add(realPath(parent));
    return mknod(parent, ...rest);
  };
  nodes.rename = (node, parent, name) => {
    changed.add(dirname(realPath(node))).add(realPath(parent));
    rename(node, parent, name);
  };
  nodes.unlink = (parent, name) => {
    changed.add(realPath(parent));
    unlink(parent, name);
  };
  streams.fsync = ({ nfd }) =>
    fileSystem.tryFSOperation(() => {
      syncs.file(nfd);
      for (const directory of changed) syncs.directory(directory);
      changed.clear();
      return 0;
    });
};

/** Makes new and renamed entries of a directory durable. One that is gone again has nothing to keep. */
export function syncDirectory(directory: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(directory, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
