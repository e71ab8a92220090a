import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Layer, NodeFileSystem } from "#/kernel/db/durable-fs";

const pageBytes = 4096;
/** A disk writes whole sectors; a page that it was writing can end at any of them. */
const sectorBytes = 512;

/** Pages of a file as the disk has them where they have been written since its last sync, and its length there. */
type Unsynced = { bytes: number; pages: Map<number, Uint8Array> };
/** A new, renamed or removed file. A removed one is kept aside, because its removal may be undone. */
type Change = { directories: string[]; inode: number; removed?: string; added?: string; replaced?: number };
type Attributes = { size?: number };
type Stream = { nfd: number; node: { name: string } };

/** What we use of Emscripten's NODEFS besides what the product leans on. */
type Recorded = NodeFileSystem & {
  node_ops: { setattr(node: { name: string }, attributes: Attributes): void };
  stream_ops: {
    setattr(stream: Stream, attributes: Attributes): void;
    write(stream: Stream, buffer: Uint8Array, offset: number, length: number, position: number): number;
  };
};

export type Cut = { pages: number; undone: number; entries: number; entriesUndone: number; torn: number };

export type PowerCut = {
  /** The directory of the database, and one beside it for what was removed. */
  root: string;
  aside: string;
  /** The operation (write, length, entry, sync) in which the power goes; 1 is the first that `counts`. */
  at: number;
  counts: () => boolean;
  /** From 0 to 1: how much of what is not synced is lost. 1 is everything, without torn pages. */
  loss: number;
  random: () => number;
  /** The disk is now as after the cut. Must end the process: it would go on writing. */
  onCut: (cut: Cut) => never;
};

/**
 * A disk that loses power: each written 4 KiB page, each change of a file's length and each changed directory entry
 * counts as lost or kept by chance until it is synced, in whatever order. One page is torn. Syncs are counted, not done.
 */
export function powerCut({ root, aside, at, counts, loss, random, onCut }: PowerCut): Layer {
  const unsynced = new Map<number, Unsynced>();
  let changes: Change[] = [];
  /** Where the disk has each file, and where it is now. */
  const durable = new Map<string, number>();
  const now = new Map<number, string>();
  let operations = 0;
  const lost = () => random() < loss;

  /** Remembers what the disk has, before the first change since the last sync. */
  const remember = (descriptor: number, from: number, to: number) => {
    const { ino, size } = fstatSync(descriptor);
    const file = unsynced.get(ino) ?? { bytes: size, pages: new Map() };
    unsynced.set(ino, file);
    for (let page = Math.floor(from / pageBytes); page * pageBytes < to; page++) {
      if (!file.pages.has(page)) file.pages.set(page, readPage(now.get(ino) as string, page, file.bytes));
    }
  };

  const resize = (path: string, size: number) => {
    const descriptor = openSync(path, "r");
    remember(descriptor, size, fstatSync(descriptor).size);
    closeSync(descriptor);
  };

  /** Takes the place of a file that is removed or replaced. */
  const setAside = (path: string) => {
    const { ino } = statSync(path);
    const kept = join(aside, String(ino));
    renameSync(path, kept);
    now.set(ino, kept);
    return ino;
  };

  const applyChange = (entries: Map<string, number>, { removed, added, inode }: Change) => {
    if (removed && entries.get(removed) === inode) entries.delete(removed);
    if (added) entries.set(added, inode);
  };

  const syncEntries = (directory: string) => {
    const synced = changes.filter(({ directories }) => directories.includes(directory));
    changes = changes.filter((change) => !synced.includes(change));
    for (const change of synced) {
      applyChange(durable, change);
      forget(change.inode);
      if (change.replaced !== undefined) forget(change.replaced);
    }
  };

  /** A removed file that no entry of the disk names any more. */
  const forget = (inode: number) => {
    const path = now.get(inode);
    if (!path || dirname(path) !== aside || [...durable.values()].includes(inode)) return;
    rmSync(path);
    now.delete(inode);
    unsynced.delete(inode);
  };

  const step = () => {
    if (!counts()) return;
    operations += 1;
    if (operations === at) onCut(cut());
  };

  const cut = (): Cut => {
    const entries = new Map(durable);
    const kept = changes.filter(() => !lost());
    for (const change of kept) applyChange(entries, change);
    const figures = {
      pages: 0,
      undone: 0,
      torn: 0,
      entries: changes.length,
      entriesUndone: changes.length - kept.length,
    };
    const torn =
      loss < 1
        ? pick(
            [...unsynced].flatMap(([ino, { pages }]) =>
              [...pages.keys()].map((page) => [ino, page] as const),
            ),
          )
        : undefined;
    for (const [ino, file] of unsynced) {
      const path = now.get(ino) as string;
      const live = statSync(path).size;
      const length = lost() ? file.bytes : live;
      const descriptor = openSync(path, "r+");
      for (const [page, before] of file.pages) {
        figures.pages += 1;
        const isTorn = torn?.[0] === ino && torn[1] === page;
        const beyond = file.bytes > live && length === file.bytes && (page + 1) * pageBytes > live;
        if (!isTorn && !beyond && !lost()) continue;
        const kept = isTorn && !beyond ? sectorBytes * (1 + Math.floor(random() * 7)) : 0;
        const whole = new Uint8Array(pageBytes);
        whole.set(before);
        writeSync(descriptor, whole, kept, pageBytes - kept, page * pageBytes + kept);
        if (isTorn) figures.torn += 1;
        else figures.undone += 1;
      }
      ftruncateSync(descriptor, length);
      closeSync(descriptor);
    }
    place(entries);
    return figures;
  };

  const pick = <T>(list: T[]): T | undefined => list[Math.floor(random() * list.length)];

  /** Gives the files the names that the disk has for them. */
  const place = (entries: Map<string, number>) => {
    for (const [ino, path] of [...now]) {
      if (entries.get(path) !== ino && dirname(path) !== aside) setAside(path);
    }
    for (const [path, ino] of entries) {
      const from = now.get(ino);
      if (from === undefined) throw new Error(`The disk names a file that is gone: ${path}`);
      if (from !== path) renameSync(from, path);
    }
    rmSync(aside, { recursive: true });
  };

  /** The disk before: everything in the directory counts as synced. */
  const begin = () => {
    mkdirSync(aside, { recursive: true });
    for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const { ino } = statSync(path);
      durable.set(path, ino);
      now.set(ino, path);
    }
    now.set(statSync(root).ino, root);
    durable.set(root, statSync(root).ino);
  };

  return (fileSystem, syncs) => {
    begin();
    const { node_ops: nodes, stream_ops: streams, realPath } = fileSystem as Recorded;
    const original = { ...nodes, write: streams.write, resize: streams.setattr };

    streams.write = (stream, buffer, offset, length, position) => {
      step();
      remember(stream.nfd, position, position + length);
      return original.write(stream, buffer, offset, length, position);
    };
    streams.setattr = (stream, attributes) => {
      if (attributes.size !== undefined) {
        step();
        resize(now.get(fstatSync(stream.nfd).ino) as string, attributes.size);
      }
      original.resize(stream, attributes);
    };
    nodes.setattr = (node, attributes) => {
      if (attributes.size !== undefined) {
        step();
        resize(realPath(node), attributes.size);
      }
      original.setattr(node, attributes);
    };
    nodes.mknod = (parent, name, ...rest) => {
      step();
      const node = original.mknod(parent, name, ...rest);
      const added = join(realPath(parent), name);
      const inode = statSync(added).ino;
      now.set(inode, added);
      changes.push({ directories: [dirname(added)], inode, added });
      return node;
    };
    nodes.rename = (node, parent, name) => {
      step();
      const [removed, added] = [realPath(node), join(realPath(parent), name)];
      const inode = statSync(removed).ino;
      const replaced = statSync(added, { throwIfNoEntry: false }) && setAside(added);
      original.rename(node, parent, name);
      now.set(inode, added);
      changes.push({
        directories: [dirname(removed), dirname(added)],
        inode,
        removed,
        added,
        ...(replaced && { replaced }),
      });
    };
    nodes.unlink = (parent, name) => {
      step();
      const removed = join(realPath(parent), name);
      changes.push({ directories: [dirname(removed)], inode: setAside(removed), removed });
    };
    syncs.file = (descriptor) => {
      step();
      const { ino } = fstatSync(descriptor);
      unsynced.delete(ino);
      if (fstatSync(descriptor).isDirectory()) syncEntries(now.get(ino) as string);
    };
    syncs.directory = (path) => {
      step();
      syncEntries(path);
    };
  };
}

function readPage(path: string, page: number, bytes: number): Uint8Array {
  const wanted = Math.max(0, Math.min(pageBytes, bytes - page * pageBytes));
  const read = new Uint8Array(wanted);
  if (wanted === 0) return read;
  const descriptor = openSync(path, "r");
  readSync(descriptor, read, 0, wanted, page * pageBytes);
  closeSync(descriptor);
  return read;
}

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
