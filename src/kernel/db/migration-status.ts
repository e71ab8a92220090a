import type { Migration } from "./migrations";
import { type StartRefusal, schemaRefusal } from "./start-refusal";

/** A row of `gatehouse.migrations`. */
export type Applied = { name: string; hash: string; breaking: boolean };

/** Names of migrations. `unknown`: applied by a newer release. `refusal`: why this one must not run on the schema. */
export type MigrationStatus = {
  applied: string[];
  pending: string[];
  unknown: string[];
  refusal: StartRefusal | undefined;
};

/** Holds what the database says against what this release carries. */
export function compare(applied: readonly Applied[], known: readonly Migration[]): MigrationStatus {
  const carried = new Map(known.map((migration) => [migration.name, hashOf(migration)]));
  const present = new Set(applied.map(({ name }) => name));
  const unknown = applied.filter(({ name }) => !carried.has(name));
  const breaking = unknown.find((row) => row.breaking);
  const changed = applied.find(({ name, hash }) => carried.has(name) && carried.get(name) !== hash);
  return {
    applied: [...present],
    pending: known.map(({ name }) => name).filter((name) => !present.has(name)),
    unknown: unknown.map(({ name }) => name),
    refusal: breaking
      ? schemaRefusal(
          `The database holds the breaking migration ${breaking.name}, which this release does not know`,
        )
      : changed &&
        schemaRefusal(`The migration ${changed.name} is not the one that was applied to the database`),
  };
}

export const hashOf = ({ text }: Migration) => new Bun.CryptoHasher("sha256").update(text).digest("hex");

export const isBreaking = ({ text }: Migration) => text.startsWith("-- breaking:");
