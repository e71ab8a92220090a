import { cpSync } from "node:fs";
import { join } from "node:path";
import { type Database, openDatabase } from "#/kernel/db";
import { temporaryFolder } from "./folder";
import { type PostgresServer, startPostgres } from "./postgres";

export type DatabaseKind = "embedded" | "postgres";

/** Those of the kinds that this run is about: all, or the one that `TEST_DATABASE` names. */
export const kindsUnderTest = (...kinds: DatabaseKind[]): DatabaseKind[] =>
  kinds.filter((kind) => [undefined, kind].includes(process.env.TEST_DATABASE as DatabaseKind | undefined));

/** Where one executable under test keeps what it is sent. */
export type Place = {
  kind: DatabaseKind;
  /** For the executable: its data directory, and `DATABASE_URL` on PostgreSQL. Rate limits are off. */
  env: Record<string, string>;
  /** Looks into the database while no executable runs. */
  inspect<T>(look: (database: Database) => Promise<T>): Promise<T>;
  /** The data as it is now, for a later look; undefined on PostgreSQL, where anybody may look at any time. */
  snapshot(): Place | undefined;
  [Symbol.dispose](): void;
};

const silent = () => {};

/** An empty embedded database in a folder of its own, removed at the end of the scope. */
export function embeddedPlace(): Place {
  const folder = temporaryFolder();
  return inDirectory(folder.path, () => folder[Symbol.dispose]());
}

function inDirectory(directory: string, dispose: () => void): Place {
  const data = join(directory, "data");
  return {
    kind: "embedded",
    env: { DATA_DIR: data, RATE_LIMIT: "off" },
    inspect: (look) => looking({ DATABASE_URL: undefined, DATA_DIR: data }, look),
    snapshot() {
      const copy = temporaryFolder();
      cpSync(join(data, "pgdata"), join(copy.path, "data/pgdata"), { recursive: true });
      return inDirectory(copy.path, () => copy[Symbol.dispose]());
    },
    [Symbol.dispose]: dispose,
  };
}

/** An empty database of a PostgreSQL server. */
export async function postgresPlace(server: PostgresServer): Promise<Place> {
  const folder = temporaryFolder();
  const url = await server.createDatabase();
  return {
    kind: "postgres",
    env: { DATA_DIR: folder.path, DATABASE_URL: url, RATE_LIMIT: "off" },
    inspect: (look) => looking({ DATABASE_URL: url, DATA_DIR: folder.path }, look),
    snapshot: () => undefined,
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

async function looking<T>(
  settings: Parameters<typeof openDatabase>[0],
  look: (database: Database) => Promise<T>,
): Promise<T> {
  const database = await openDatabase(settings, silent);
  try {
    return await look(database);
  } finally {
    await database.close();
  }
}

/**
 * Places for a test file, by default of both kinds. PostgreSQL's kind is left out, with a printed reason, where no
 * server is installed.
 */
export async function openPlaces(...only: DatabaseKind[]) {
  const wanted = kindsUnderTest(...(only.length > 0 ? only : (["embedded", "postgres"] as const)));
  const server = wanted.includes("postgres") ? await startPostgres() : undefined;
  return {
    server,
    kinds: wanted.filter((kind) => kind === "embedded" || server),
    open: async (kind: DatabaseKind): Promise<Place> =>
      kind === "postgres" && server ? postgresPlace(server) : embeddedPlace(),
    close: async () => server?.stop(),
  };
}
