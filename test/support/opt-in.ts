import { until } from "./until";
import type { World } from "./world";

type Mails = Pick<World, "mails">;

/** The tokens of the links that were mailed to an address to confirm it, oldest first. */
export const optInTokens = ({ mails }: Mails, email: string): string[] =>
  mails
    .filter(({ envelope }) => envelope.to.includes(email))
    .flatMap(({ text }) => /\/f\/-\/confirm\/([\w-]{43})/.exec(text)?.[1] ?? []);

/** The newest of them; waits for it. */
export async function optInToken(world: Mails, email: string): Promise<string> {
  await until(() => optInTokens(world, email).length > 0, 20);
  return optInTokens(world, email).at(-1) ?? "";
}

/** Comes onto the waitlist and confirms; gives what a program is told. */
export async function joinWaitlist(
  world: Mails & Pick<World, "send">,
  email: string,
  fields: Readonly<Record<string, string>> = {},
): Promise<JoinedEntry> {
  await world.send("/api/v1/waitlist", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email, ...fields }),
  });
  const answer = await world.send(`/f/-/confirm/${await optInToken(world, email)}`, { method: "POST" });
  const { entry } = (await answer.json()) as { entry: JoinedEntry };
  return entry;
}

export type JoinedEntry = {
  position: number;
  priority: number;
  amount_referred: number;
  referral_token: string;
  referral_link: string;
  status_link: string;
  verified: boolean;
  created_at: string;
  total: number;
};
