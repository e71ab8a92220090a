import type { Kernel } from "#/kernel/kernel";
import { compiledForms } from "./catalogue/compiled-forms";
import { contentHash } from "./intake/content-hash";
import { readPost } from "./intake/read-post";
import { retryKey } from "./intake/retry-keys";
import { type NewSubmission, storeSubmissions } from "./intake/store-submissions";
import { type SeedMessage, seedMessages } from "./seed-messages";
import { seedDoor } from "./tables";

/** Long enough that a second run of the same release finds the first. */
const YEAR_SECONDS = 365 * 86_400;

/**
 * Stores the invented messages by the way of the visitors' ones: read, checked, one transaction with their jobs.
 * They carry the door `seed`. Answers how many were stored of each form, and how many were there already.
 */
export async function seedSubmissions(
  kernel: Pick<Kernel, "db" | "jobs">,
): Promise<{ stored: Map<string, number>; known: number }> {
  const batch = seedMessages.map(compose);
  const ids = await storeSubmissions(kernel, batch);
  const stored = new Map<string, number>();
  for (const { id, form } of batch) if (ids.has(id)) stored.set(form, (stored.get(form) ?? 0) + 1);
  return { stored, known: batch.length - ids.size };
}

function compose({ form: slug, hoursAgo, body }: SeedMessage): NewSubmission {
  const form = compiledForms.get(slug);
  if (!form) throw new Error(`Cannot seed ${slug}: there is no such form`);
  const posted = readPost(form, Buffer.from(JSON.stringify(body)), "application/json");
  const checked = form.check(posted, "en");
  if (!checked.ok)
    throw new Error(`Cannot seed ${slug}: ${checked.errors.map(({ field }) => field).join(", ")}`);
  const hash = contentHash(checked.fields);
  const [honeypot] = posted.control.honeypots;
  return {
    id: Bun.randomUUIDv7("hex", Date.now() - hoursAgo * 3_600_000),
    form: slug,
    formVersion: form.version,
    door: seedDoor,
    fields: checked.fields,
    language: "en",
    emailNormalised: checked.emailNormalised ?? null,
    subject: null,
    replyTo: checked.replyTo ?? null,
    client: null,
    userAgent: "gatehouse seed",
    origin: "https://www.example.com",
    contentHash: hash,
    intake: honeypot ? { honeypot } : {},
    key: retryKey({
      headerKey: `seed ${hash}`,
      pageId: undefined,
      client: "seed",
      contentHash: hash,
      windowSeconds: 0,
    }).key,
    keySeconds: YEAR_SECONDS,
  };
}
