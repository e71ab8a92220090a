import type { Config } from "#/kernel/config";

/** Whether a form gets more messages than FORMS_FLOOD; asked once for each that is taken. */
export type FloodWatch = (form: string) => boolean;

/**
 * Counts the messages to each form in windows of the rule. In this process alone: none is refused for it, so a count
 * shared by all machines is not worth a query while a visitor waits.
 */
export function watchFlood(
  { FORMS_FLOOD: { points, seconds }, RATE_LIMIT }: Pick<Config, "FORMS_FLOOD" | "RATE_LIMIT">,
  now: () => number = Date.now,
): FloodWatch {
  if (points === 0 || RATE_LIMIT === "off") return () => false;
  const windows = new Map<string, { closesAt: number; messages: number }>();
  return (form) => {
    const at = now();
    let window = windows.get(form);
    if (!window || window.closesAt <= at) {
      window = { closesAt: at + seconds * 1000, messages: 0 };
      windows.set(form, window);
    }
    window.messages += 1;
    return window.messages > points;
  };
}
