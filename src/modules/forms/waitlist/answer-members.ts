import type { Kernel } from "#/kernel/kernel";
import type { FormDefinition } from "../catalogue/form-definition";
import { asksToConfirm } from "../opt-in/await-confirmation";
import { findEntryOf, showEntry } from "./show-entry";
import { waitlistForm } from "./waitlist-form";

/**
 * What an answer says beside the receipt. Where the address must be confirmed, that a mail is on its way: the same
 * words for whoever posts, so that nobody learns who is on the list. Else, for the waitlist alone, the entry.
 */
export async function membersOf(
  kernel: Pick<Kernel, "config" | "db" | "log" | "mail" | "now">,
  form: FormDefinition,
  submissionId: string,
): Promise<object | undefined> {
  if (asksToConfirm(kernel, form)) return { confirmation: kernel.mail.available ? "sent" : "unavailable" };
  if (form.slug !== waitlistForm) return;
  try {
    const entry = await findEntryOf(kernel.db, submissionId);
    return entry && (await showEntry(kernel, entry));
  } catch (error) {
    // The message is on disk: that must be said, whatever became of the database since.
    kernel.log("warn", "forms.entry_not_shown", { error: (error as Error).name });
    return;
  }
}
