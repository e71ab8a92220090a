import { until } from "./until";
import type { World } from "./world";

/** The token of the newest mail with this subject, and who got it; waits for it. */
export async function mailedLink(
  { mails }: Pick<World, "mails">,
  subject: string,
): Promise<{ token: string; to: string[] }> {
  const found = () => mails.findLast(({ headers }) => headers.get("subject")?.[0] === subject);
  await until(() => found() !== undefined, 15);
  const mail = found();
  const [, token] = /\/account\/\w+\/([\w-]{43})/.exec(mail?.text ?? "") ?? [];
  if (!mail || token === undefined) throw new Error(`The mail "${subject}" holds no link`);
  return { token, to: mail.envelope.to };
}
