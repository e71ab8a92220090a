import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import type { Submission } from "../queries";
import type { Reason } from "../tables";
import { lookUpFeatures } from "./look-up-features";
import { logOddsOf, speaks, toPoints } from "./spam-model";

/** For so long nobody asks again whether a model that had too few lessons has learned more. */
const QUIET_MS = 5_000;
const quietUntil = new WeakMap<Db, number>();

type Judge = Pick<Kernel, "config" | "db" | "now">;

/**
 * What the team's verdicts on other messages say about these, by the message's id: a reason of -40 to 40 points, none
 * where they say nothing. One query for all of them, and none while the model has too few lessons to speak.
 */
export async function learnedReasons(
  { config, db, now }: Judge,
  tx: Db,
  submissions: readonly Submission[],
): Promise<Map<string, Reason>> {
  if (submissions.length === 0 || now().getTime() < (quietUntil.get(db) ?? 0)) return new Map();
  const { lessons, messages } = await lookUpFeatures(config, tx, submissions);
  if (!speaks(lessons)) {
    quietUntil.set(db, now().getTime() + QUIET_MS);
    return new Map();
  }
  const reasons = messages.map((features) =>
    toReason(
      logOddsOf(
        features.map(({ counts }) => counts),
        lessons,
      ),
    ),
  );
  return new Map(submissions.flatMap(({ id }, at) => (reasons[at] ? [[id, reasons[at]]] : [])));
}

/** Something was learned: the model may speak from now on. */
export const listenAgain = ({ db }: Pick<Kernel, "db">): void => void quietUntil.delete(db);

function toReason(logOdds: number): Reason | undefined {
  const points = toPoints(logOdds);
  if (points === 0) return;
  const kind = points > 0 ? "called spam" : "wanted";
  return { code: `learned:${points}`, points, text: `It resembles messages that the team ${kind}` };
}
