import { eq, sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import type { Submission } from "../queries";
import { listenAgain } from "./learned-reasons";
import { lookUpFeatures } from "./look-up-features";
import type { Token } from "./spam-features";
import { foretell } from "./spam-model";
import { spamLessons } from "./tables";

type Label = "spam" | "ham";

/**
 * Has the model learn from what somebody of the team said about a message, in the caller's transaction, which holds the
 * message locked. A former lesson of the message is taken back exactly. False where there was nothing to learn: the
 * same was said before, or the message is the service's own.
 */
export async function learnVerdict(
  { config, db }: Pick<Kernel, "config" | "db">,
  tx: Db,
  submission: Submission,
  label: Label,
): Promise<boolean> {
  const { id: submissionId, kind } = submission;
  if (kind !== "real") return false;
  const [former] = await tx.select().from(spamLessons).where(eq(spamLessons.submissionId, submissionId));
  if (former?.label === label) return false;

  const { lessons, messages } = await lookUpFeatures(config, tx, [submission]);
  const features = messages.flat();
  const percent = foretell(
    features.map(({ counts }) => counts),
    lessons,
  );
  const tokens = features.map(({ token }) => token);
  // What the model thought before it was told anything of this message.
  const lesson = { label, tokens, predicted: former ? former.predicted : percent };
  await tx
    .insert(spamLessons)
    .values({ submissionId, ...lesson })
    .onConflictDoUpdate({ target: spamLessons.submissionId, set: { ...lesson, createdAt: sql`now()` } });
  await changeCounts(tx, { label, tokens }, former);
  listenAgain({ db });
  return true;
}

/** The lesson stays and can no longer be taken back: nothing leads from the message to its features any more. */
export async function forgetFeatures(tx: Db, submissionId: string): Promise<void> {
  await tx.update(spamLessons).set({ tokens: [] }).where(eq(spamLessons.submissionId, submissionId));
}

type Lesson = { label: Label; tokens: readonly Token[] };

/** In the order of the tokens, so that two who judge messages with the same words do not wait for each other. */
async function changeCounts(tx: Db, lesson: Lesson, former: Lesson | undefined): Promise<void> {
  const changes = new Map<Token, { spam: number; ham: number }>();
  const add = ({ label, tokens }: Lesson, by: number) => {
    for (const token of tokens) {
      const change = changes.get(token) ?? { spam: 0, ham: 0 };
      change[label] += by;
      changes.set(token, change);
    }
  };
  add(lesson, 1);
  if (former) add(former, -1);

  const rows = [...changes].map(([token, change]) => ({ token, ...change }));
  await tx.execute(sql`
    insert into gatehouse.spam_tokens as known (token, spam, ham)
    select token, spam, ham from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as change(token bigint, spam int, ham int)
    order by token
    on conflict (token) do update set spam = known.spam + excluded.spam, ham = known.ham + excluded.ham`);
  if (former)
    await tx.execute(sql`
      delete from gatehouse.spam_tokens
      where token = any(${`{${former.tokens.join(",")}}`}::bigint[]) and spam = 0 and ham = 0`);
}
