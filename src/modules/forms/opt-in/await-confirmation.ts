import { and, eq, inArray, isNotNull, isNull } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import type { FormDefinition } from "../catalogue/form-definition";
import { formsOf } from "../catalogue/forms-registry";
import type { Submission } from "../queries";
import { type StoredState, seedDoor, submissions } from "../tables";
import { waitlistForm } from "../waitlist/waitlist-form";
import { optIns } from "./tables";

/** Whether who sends this form confirms by a mailed link; the waitlist by WAITLIST_CONFIRM. */
export function asksToConfirm(
  { config, mail }: Pick<Kernel, "config" | "mail">,
  { slug, doubleOptIn = false }: Pick<FormDefinition, "slug" | "doubleOptIn">,
): boolean {
  if (doubleOptIn || slug !== waitlistForm) return doubleOptIn;
  return config.WAITLIST_CONFIRM === "auto" ? mail.available : config.WAITLIST_CONFIRM === "on";
}

/**
 * Of messages that were found acceptable, those that wait for their sender: `inbox` becomes `pending` where the form
 * asks to confirm and the address has not confirmed to this form before. A message without an address, one that tries
 * out the form, and an invented one have nobody to ask.
 */
export async function awaitConfirmation<Verdict extends { submission: Submission; state: StoredState }>(
  kernel: Pick<Kernel, "config" | "db" | "mail">,
  tx: Db,
  verdicts: readonly Verdict[],
): Promise<Verdict[]> {
  const forms = formsOf(kernel);
  const isDue = async ({ state, submission }: Verdict): Promise<boolean> => {
    const { door, emailNormalised, kind } = submission;
    const asked = state === "inbox" && kind === "real" && door !== seedDoor && emailNormalised !== null;
    const form = asked ? await forms.at(tx, submission.form, submission.formVersion) : undefined;
    return form !== undefined && asksToConfirm(kernel, form);
  };
  const due = new Set<Verdict>();
  for (const one of verdicts) if (await isDue(one)) due.add(one);
  if (due.size === 0) return [...verdicts];

  const confirmed = await findConfirmed(
    tx,
    [...due].map(({ submission }) => submission.emailNormalised!),
  );
  const waits = (one: Verdict) =>
    due.has(one) && !confirmed.has(keyOf(one.submission.form, one.submission.emailNormalised!));
  return verdicts.map((one) => (waits(one) ? { ...one, state: "pending" } : one));
}

const keyOf = (form: string, email: string) => `${form}\n${email}`;

async function findConfirmed(tx: Db, emails: readonly string[]): Promise<Set<string>> {
  const rows = await tx
    .selectDistinct({ form: submissions.form, email: optIns.emailNormalised })
    .from(optIns)
    .innerJoin(submissions, eq(submissions.id, optIns.submissionId))
    .where(
      and(
        inArray(optIns.emailNormalised, [...emails]),
        isNotNull(optIns.confirmedAt),
        isNull(optIns.declinedAt),
      ),
    );
  return new Set(rows.map(({ form, email }) => keyOf(form, email)));
}
