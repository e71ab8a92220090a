import type { Kernel } from "#/kernel/kernel";
import { submissions } from "#/modules/forms/tables";

type Row = typeof submissions.$inferInsert;

/** Puts messages into the table as they are after some time in the inbox, past intake and judge. */
export async function insertMessages(
  { db }: Pick<Kernel, "db">,
  rows: readonly (Partial<Row> & Pick<Row, "id">)[],
): Promise<void> {
  const whole = rows.map(
    (row): Row => ({
      form: "contact",
      door: "/api/contact",
      fields: { name: "Ada", email: "ada@example.com", message: "Hello" },
      language: "en",
      emailNormalised: "ada@example.com",
      contentHash: Buffer.from(row.id.replaceAll("-", ""), "hex"),
      state: "inbox",
      score: 0,
      judgedAt: new Date(),
      ...row,
    }),
  );
  for (let at = 0; at < whole.length; at += 1_000)
    await db.insert(submissions).values(whole.slice(at, at + 1_000));
}

/** The id of a message that came so many minutes ago. */
export const idOfMinutesAgo = (minutes: number): string =>
  Bun.randomUUIDv7("hex", Date.now() - minutes * 60_000);
