/**
 * `bun run pack`: runs initdb once and writes `data-dir.bin`, the initialised data directory that the executable
 * ships (initdb at run time costs 2-4 s and 1 GB of memory). Needed again only when PGlite changes.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { packDirectory } from "./packed-data-dir";

const target = join(import.meta.dir, "data-dir.bin");
const directory = mkdtempSync(join(tmpdir(), "gatehouse-pack-"));
try {
  const pg = await PGlite.create(directory);
  // Nothing is ever created from the templates, and without autovacuum they would hold back the oldest transaction id.
  await pg.exec("update pg_database set datistemplate = false where datname <> 'postgres'");
  await pg.exec("drop database template0");
  await pg.exec("drop database template1");
  await pg.exec("vacuum freeze");
  await pg.exec("checkpoint");
  await pg.close();
  await Bun.write(
    target,
    packDirectory(directory, (path) => !/^(postmaster\.pid|base\/pgsql_tmp.*)$|pg_internal\.init/.test(path)),
  );
  console.error(`${target}: ${Bun.file(target).size} bytes`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
