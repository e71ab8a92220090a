import type { Mail } from "./contract";

const result = {
  kind: "refused",
  why: { code: "not_configured", text: "No mail transport is configured" },
} as const;

/** Production without a transport: says so, and pretends nothing. */
export const noMail: Mail = {
  available: false,
  transport: "none",
  send: async () => result,
  probe: async () => result,
  close: async () => {},
};
