import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory } from "./durable-fs";

/** What stands at the head of a packed directory, before the bytes of its files in this order. */
type Index = { directories: string[]; files: [path: string, bytes: number][] };

/** One directory as one zstd-compressed file: length of the index (4 bytes, little endian), index, contents. */
export function packDirectory(root: string, keep: (path: string) => boolean): Uint8Array {
  const paths = (readdirSync(root, { recursive: true }) as string[]).filter(keep).sort();
  const isDirectory = (path: string) => statSync(join(root, path)).isDirectory();
  const contents = paths
    .filter((path) => !isDirectory(path))
    .map((path) => [path, readFileSync(join(root, path))] as const);
  const index: Index = {
    directories: paths.filter(isDirectory),
    files: contents.map(([path, bytes]) => [path, bytes.length]),
  };
  const head = Buffer.from(JSON.stringify(index));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  return Bun.zstdCompressSync(Buffer.concat([length, head, ...contents.map(([, bytes]) => bytes)]), {
    level: 19,
  });
}

/** Writes a packed directory to a new one and returns once every file and directory of it is synced. */
export async function unpackDirectory(packed: Uint8Array, target: string): Promise<void> {
  const bytes = Buffer.from(Bun.zstdDecompressSync(packed));
  let offset = 4 + bytes.readUInt32LE(0);
  const { directories, files } = JSON.parse(bytes.toString("utf8", 4, offset)) as Index;

  for (const directory of ["", ...directories]) mkdirSync(join(target, directory), { mode: 0o700 });
  for (const [path, length] of files) {
    writeFileSync(join(target, path), bytes.subarray(offset, offset + length), { mode: 0o600 });
    offset += length;
  }
  // At once, so that the file system can put many of them into one commit of its journal.
  await Promise.all(files.map(([path]) => syncFile(join(target, path))));
  for (const directory of [...directories, ""]) syncDirectory(join(target, directory));
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
