import type { IntakeFacts, Reason } from "../tables";
import { FASTEST_SECONDS } from "./page-token";
import type { Signal } from "./signal";

/** A page that was left open, or corrected, is sent more than once by the same person. */
const MOST_USES = 3;

const invalid = { points: 60, text: "The page token is not one of ours, or of another form" };
const expired = { points: 5, text: "The page had been open for more than a day" };
const missing = { points: 30, text: "The form asks for a page token and none came" };
const replayed = { points: 60, text: `The same page was sent more than ${MOST_USES} times` };
const tooFast = {
  points: 50,
  text: `The form was sent less than ${FASTEST_SECONDS} seconds after it was shown`,
};

/** What the page token says. `uses`: how often its page has been sent, this time included. */
export function tokenSignal(
  token: IntakeFacts["pageToken"],
  { required, uses }: { required: boolean; uses: number },
): Signal {
  if (token === undefined) return { reasons: required ? [{ code: "token_missing", ...missing }] : [] };
  if (token === "invalid") return { reasons: [{ code: "token_invalid", ...invalid }] };
  if (token === "expired") return { reasons: [{ code: "token_expired", ...expired }] };
  const reasons: Reason[] = [];
  if (token.ageSeconds < FASTEST_SECONDS) reasons.push({ code: "too_fast", ...tooFast });
  if (uses > MOST_USES) reasons.push({ code: "token_replayed", ...replayed });
  return { reasons };
}
