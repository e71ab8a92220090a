import type { Kernel } from "#/kernel/kernel";
import type { Forms } from "../catalogue/forms-registry";
import { idAt } from "../received-at";
import { type StoredState, submissionStates } from "../tables";

const SPAM_DAYS = 30;
/** Nobody has decided about these yet, so no form makes it shorter. */
const HELD_DAYS = 90;
/** Messages of our own: tests, and those that prove that mail arrives. */
const PROBE_DAYS = 7;
const DAY_MS = 86_400_000;

/** How long a form keeps its messages, in days; 0 keeps them. */
export type Rule = { form: string; days: number; spamDays: number };
/** Messages of a form in a state, up to the id `before`: those that arrived too long ago. */
export type DueSpan = { form: string; state: StoredState; before: string };

/** The rule of every form that may have messages, by its own setting, else FORMS_RETENTION_DAYS and 30 days for spam. */
export const listRules = (
  forms: Forms,
  { FORMS_RETENTION_DAYS }: Pick<Kernel["config"], "FORMS_RETENTION_DAYS">,
) =>
  forms.slugs().map((form): Rule => {
    const own = forms.definitionOf(form)?.retention;
    return { form, days: own?.days ?? FORMS_RETENTION_DAYS, spamDays: own?.spamDays ?? SPAM_DAYS };
  });

/** What is due now, as spans of one index each: ids tell when a message arrived. */
export function dueSpans(rules: readonly Rule[], now: Date): DueSpan[] {
  return rules.flatMap(({ form, days, spamDays }) =>
    ([...submissionStates, "erased"] as const).flatMap((state): DueSpan[] => {
      const kept = state === "held" ? HELD_DAYS : state === "spam" || state === "expired" ? spamDays : days;
      return kept === 0 ? [] : [{ form, state, before: idBefore(now, kept) }];
    }),
  );
}

/** The id up to which our own messages are due, of whatever form. */
export const probesBefore = (now: Date): string => idBefore(now, PROBE_DAYS);

const idBefore = (now: Date, days: number) => idAt(new Date(now.getTime() - days * DAY_MS));
