import { join } from "node:path";
import type { PostgresServer } from "../../support/postgres";
import { ask, type Place, type Stored } from "../count-rows";

const toPlace = (url: string): Place => ({ DATABASE_URL: url, DATA_DIR: "" });

/** A database with the tables of the peers; gives its URL, to be copied. */
export async function preparePeerDatabase(server: PostgresServer): Promise<string> {
  const url = await server.createDatabase();
  await ask(toPlace(url), await Bun.file(join(import.meta.dir, "schema.sql")).text());
  return url;
}

/** Rows, and those without a job, in the tables of the peers. */
export async function countPeerRows(place: Place, since: Date): Promise<Stored> {
  const [row] = await ask(
    place,
    `select count(*)::int as rows, count(*) filter (where not exists (
       select 1 from jobs where jobs.submission_id = s.id))::int as "withoutJob"
     from submissions s where created_at >= $1::timestamptz`,
    [since.toISOString()],
  );
  return row as Stored;
}
