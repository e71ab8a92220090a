import { desc, isNotNull, sql } from "drizzle-orm";
import type { Config } from "#/kernel/config";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import { anyMessage, tokensOf } from "./spam-features";
import { type Counts, callsSpam, speaks } from "./spam-model";
import { spamLessons } from "./tables";

/** Features are counted up to this, so that no look at the model reads the whole table. */
const mostFeatures = 5_000;
const newestVerdicts = 200;

export type ModelFigures = {
  speaks: boolean;
  lessons: Counts;
  features: number;
  /** On disk, with the index. */
  bytes: number;
  /** Of the verdicts that the model had a say in, by the newest messages: what it would have said beforehand. */
  verdicts: Score;
};

/** Null where there is nothing to divide by. */
export type Score = { count: number; precision: number | null; recall: number | null };

/** How much the model knows, and how right it was. */
export async function describeModel(
  db: Db,
  { rootSecret }: Pick<Config, "rootSecret">,
): Promise<ModelFigures> {
  const [all] = tokensOf(rootSecret, [anyMessage]);
  const rows = await db.execute(sql`
    select coalesce(max(spam), 0)::int as spam, coalesce(max(ham), 0)::int as ham,
      (select count(*)::int from (select 1 from gatehouse.spam_tokens limit ${mostFeatures}::int) as counted)
        as features,
      pg_total_relation_size('gatehouse.spam_tokens')::float8 as bytes
    from gatehouse.spam_tokens where token = ${all}::bigint`);
  const [row] = rowsOf<Counts & { features: number; bytes: number }>(rows);
  const { features = 0, bytes = 0, ...lessons } = row ?? { spam: 0, ham: 0 };
  const judged = await db
    .select({ label: spamLessons.label, predicted: spamLessons.predicted })
    .from(spamLessons)
    .where(isNotNull(spamLessons.predicted))
    .orderBy(desc(spamLessons.submissionId))
    .limit(newestVerdicts);
  const verdicts = scoreOf(
    judged.map(({ label, predicted }) => ({ isSpam: label === "spam", called: callsSpam(predicted ?? 0) })),
  );
  return { speaks: speaks(lessons), lessons, features, bytes, verdicts };
}

/** Precision: of what was called spam, the share that is. Recall: of what is spam, the share that was called so. */
export function scoreOf(judged: readonly { isSpam: boolean; called: boolean }[]): Score {
  const spam = judged.filter(({ isSpam }) => isSpam).length;
  const called = judged.filter((one) => one.called).length;
  const both = judged.filter((one) => one.isSpam && one.called).length;
  return {
    count: judged.length,
    precision: called === 0 ? null : both / called,
    recall: spam === 0 ? null : both / spam,
  };
}
