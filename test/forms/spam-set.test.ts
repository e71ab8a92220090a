import { expect, test } from "bun:test";
import { compiledForms } from "#/modules/forms/catalogue/compiled-forms";
import { scoreOf } from "#/modules/forms/screening/describe-model";
import { gatherSignals } from "#/modules/forms/screening/gather-signals";
import { lookUpFeatures } from "#/modules/forms/screening/look-up-features";
import { screenSubmission } from "#/modules/forms/screening/screen-submission";
import { callsSpam, foretell } from "#/modules/forms/screening/spam-model";
import { teach, toSubmission } from "../support/lessons";
import { type LabelledMessage, makeSpamSet } from "../support/spam-set/make-spam-set";
import { openWorld } from "../support/world";

const world = await openWorld();

const seeds = [1, 2, 3, 4, 5];
/** With the first lessons the model begins to speak; then come the corrections that are asked about. */
const firstLessons = 40;
const corrections = 50;
const met = 300;

type Judged = LabelledMessage & { called: boolean; state: string };

/** What the model, and the whole judge, say of messages that nobody has given a verdict on. */
async function judge(messages: readonly LabelledMessage[]): Promise<Judged[]> {
  const { kernel } = world;
  const judged: Judged[] = [];
  for (let at = 0; at < messages.length; at += 128) {
    const batch = messages.slice(at, at + 128).map((message) => ({ message, row: toSubmission(message) }));
    const rows = batch.map(({ row }) => row);
    const unjudged = rows.map((submission) => ({
      submission,
      form: compiledForms.get("contact")?.definition,
    }));
    const signals = await kernel.db.transaction((tx) => gatherSignals(kernel, tx, unjudged, new Map()));
    const { lessons, messages: known } = await lookUpFeatures(kernel.config, kernel.db, rows);
    for (const [at, { message, row }] of batch.entries()) {
      const features = known[at]?.map(({ counts }) => counts) ?? [];
      const called = callsSpam(foretell(features, lessons) ?? 0);
      judged.push({ ...message, called, state: screenSubmission(signals.get(row.id) ?? []).state });
    }
  }
  return judged;
}

const show = (share: number | null) => (share === null ? "none" : share.toFixed(3));
function print(when: string, judged: readonly Judged[]) {
  const { precision, recall } = scoreOf(judged);
  const { recall: ofNew } = scoreOf(judged.filter(({ isSpam, isNew }) => isSpam && isNew));
  const wrong = judged.filter(({ isSpam, called }) => called && !isSpam);
  const topics = [...Map.groupBy(wrong, ({ topic }) => topic)].map(
    ([topic, all]) => `${all.length} ${topic}`,
  );
  console.error(
    `spam set, ${when}: precision ${show(precision)}, recall ${show(recall)} (in new words ${show(ofNew)})` +
      ` of ${judged.length}; wrongly called: ${topics.join(", ") || "none"}`,
  );
  const states = (isSpam: boolean) => {
    const all = Map.groupBy(
      judged.filter((one) => one.isSpam === isSpam),
      ({ state }) => state,
    );
    return ["inbox", "held", "spam"].map((state) => `${all.get(state)?.length ?? 0} ${state}`).join(", ");
  };
  console.error(`  the whole judge puts spam into ${states(true)}; what is wanted into ${states(false)}`);
  return { precision, recall };
}

world.describe("the labelled set", () => {
  test("shares no sentence, sender or link host between what is learned and what is new", () => {
    // Greetings and closings end with the line, which both parts and both kinds share.
    const linesOf = (messages: readonly LabelledMessage[]) =>
      new Set(messages.flatMap(({ fields }) => fields.message.match(/[^.?\n]{25,}[.?]/g) ?? []));
    const hostsOf = (messages: readonly LabelledMessage[]) =>
      new Set(messages.flatMap(({ fields }) => fields.message.match(/https:\/\/[\w.-]+/g) ?? []));
    const learned = makeSpamSet("learned", 2_000, 1);
    const fresh = makeSpamSet("met", 2_000, 2).filter(({ isNew }) => isNew);

    const known = linesOf(learned);
    const both = [...linesOf(fresh)].filter((line) => known.has(line));

    expect(both).toEqual([]);
    expect(
      [...hostsOf(fresh.filter(({ isSpam }) => isSpam))].filter((host) => hostsOf(learned).has(host)),
    ).toEqual([]);
    const names = (messages: readonly LabelledMessage[]) =>
      new Set(messages.map(({ fields }) => fields.name));
    expect(names(learned).isDisjointFrom(names(fresh))).toBe(true);
    expect(makeSpamSet("met", 50, 3)).toEqual(makeSpamSet("met", 50, 3));
  });

  test("is told apart after 50 corrections, and no wanted message is dropped for what was learned", async () => {
    const without: Judged[] = [];
    const before: Judged[] = [];
    const after: Judged[] = [];
    for (const seed of seeds) {
      await world.reset();
      const verdicts = makeSpamSet("learned", firstLessons + corrections, seed);
      const messages = makeSpamSet("met", met, seed + 100);
      without.push(...(await judge(messages)));
      await teach(world.kernel, verdicts.slice(0, firstLessons));
      before.push(...(await judge(messages)));
      await teach(world.kernel, verdicts.slice(firstLessons));
      after.push(...(await judge(messages)));
    }

    print("without a verdict", without);
    const early = print(`after the first ${firstLessons} verdicts`, before);
    const late = print(`after ${corrections} corrections more`, after);
    expect(without.some(({ called }) => called)).toBe(false);
    expect(late.precision).toBeGreaterThanOrEqual(0.95);
    expect(late.recall).toBeGreaterThanOrEqual(0.8);
    expect(late.recall ?? 0).toBeGreaterThan(early.recall ?? 1);
    const lost = after.filter(({ isSpam, state }) => !isSpam && state === "spam");
    expect(lost.map(({ fields }) => fields.message)).toEqual([]);
  }, 120_000);
});
