import type { IntakeFacts, Reason } from "../tables";
import type { Signal } from "./signal";

/** What was seen when the message came in. */
export function arrivalSignal(intake: IntakeFacts | null): Signal {
  const reasons: Reason[] = [];
  if (intake?.honeypot) {
    const code = `honeypot:${intake.honeypot}`;
    reasons.push({ code, points: 100, text: "A field that people cannot see was filled in" });
  }
  if (intake?.originUnknown) {
    const text = "The browser did not say which page it posted from";
    reasons.push({ code: "origin_unknown", points: 5, text });
  }
  if (intake?.penalised) {
    const text = "The sender was refused several times for sending too often";
    reasons.push({ code: "client_penalised", points: 25, text });
  }
  if (intake?.flood) {
    const text = "The form got more messages at that time than FORMS_FLOOD allows";
    reasons.push({ code: "flood", points: 20, text });
  }
  return { reasons };
}
