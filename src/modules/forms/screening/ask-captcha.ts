import { sql } from "drizzle-orm";
import type { CaptchaProvider, CaptchaVerdict } from "#/kernel/captcha";
import { rowsOf } from "#/kernel/db/rows";
import type { Kernel } from "#/kernel/kernel";
import { captchaJudgeOf } from "../intake/choose-captcha";
import type { CaptchaFacts, IntakeFacts } from "../tables";
import { isSpent } from "./captcha-signals";

/** The provider to ask about an answer; undefined where there is none, or it is ALTCHA's, which needs nobody. */
export function providerOf({ captcha }: IntakeFacts): CaptchaProvider | undefined {
  const judge = captcha && captchaJudgeOf(captcha.field);
  return judge === "altcha" ? undefined : judge;
}

/**
 * Asks the provider about the answer that came with a message; undefined where the message is judged already. That it is
 * asked is written down before: an answer is good once, so after a crash in between "used before" is our doing, and the
 * provider counts as unavailable. Whenever it is, the team hears of it.
 */
export async function askCaptcha(kernel: Kernel, id: string): Promise<CaptchaVerdict | undefined> {
  const asking = await beginAsking(kernel, id);
  const provider = asking && providerOf({ captcha: asking.captcha });
  if (!asking || !provider) return undefined;
  const { captcha, client } = asking;
  const said = await kernel.captcha.verify({
    provider,
    answer: captcha.answer,
    client: client ?? undefined,
    key: id,
  });
  const verdict: CaptchaVerdict =
    captcha.asked && isSpent(said) ? { kind: "unavailable", code: "asked_before" } : said;
  if (verdict.kind === "unavailable" && verdict.code !== "asked_before")
    await kernel.alerts.raise({
      cause: `captcha_unavailable:${provider}`,
      title: `Captchas of ${provider} cannot be checked`,
      text: `Messages are judged without them (FORMS_CAPTCHA_DOWN). The cause: ${verdict.code}.`,
    });
  return verdict;
}

type Asking = { captcha: CaptchaFacts; client: string | null };

/** The answer as it was before this question. */
async function beginAsking({ db }: Pick<Kernel, "db">, id: string): Promise<Asking | undefined> {
  const rows = await db.execute(sql`
    update gatehouse.submissions as message
    set intake = jsonb_set(message.intake, '{captcha,asked}', 'true')
    from (select id, intake from gatehouse.submissions where id = ${id}::uuid for update) as before
    where message.id = before.id and message.state = 'received' and before.intake ? 'captcha'
    returning before.intake -> 'captcha' as captcha, message.client`);
  return rowsOf<Asking>(rows)[0];
}
