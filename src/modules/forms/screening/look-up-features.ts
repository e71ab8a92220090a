import { sql } from "drizzle-orm";
import type { Config } from "#/kernel/config";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import { anyMessage, type Feature, featuresOf, type Readable, type Token, tokensOf } from "./spam-features";
import type { Counts } from "./spam-model";

/** A feature of a message, and what the team's lessons say of it. */
export type KnownFeature = { feature: Feature; token: Token; counts: Counts };

const never: Counts = { spam: 0, ham: 0 };

/** What the model knows of some messages, in their order, and of how many lessons: one query for all of them. */
export async function lookUpFeatures(
  { rootSecret }: Pick<Config, "rootSecret">,
  db: Db,
  messages: readonly Readable[],
): Promise<{ lessons: Counts; messages: KnownFeature[][] }> {
  const seen = messages.map((message) => {
    const features = featuresOf(message);
    const tokens = tokensOf(rootSecret, features);
    return features.map((feature, at) => ({ feature, token: tokens[at]! }));
  });
  const tokens = new Set(seen.flatMap((features) => features.map(({ token }) => token)));
  const rows = await db.execute(sql`
    select token::text as token, spam, ham from gatehouse.spam_tokens
    where token = any(${`{${[...tokens].join(",")}}`}::bigint[])`);
  const counts = new Map(
    rowsOf<Counts & { token: Token }>(rows).map(({ token, spam, ham }) => [token, { spam, ham }]),
  );
  const [all = ""] = tokensOf(rootSecret, [anyMessage]);
  return {
    lessons: counts.get(all) ?? never,
    messages: seen.map((features) =>
      features.map((known) => ({ ...known, counts: counts.get(known.token) ?? never })),
    ),
  };
}
