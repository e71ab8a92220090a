import type { CallResult } from "./call-result";

/** A message to the team's chat. Texts are untrusted and escaped by the port. */
export type ChatMessage = {
  title: string;
  /** Lines of label and text, in order. */
  facts?: readonly (readonly [label: string, text: string])[];
  text?: string;
  link?: { text: string; url: string };
};

/** The team's chat: alerts, and forms that name it. No key is taken: at least once. */
export type Chat = {
  available: boolean;
  name: string;
  post(message: ChatMessage): Promise<CallResult<Record<string, never>>>;
};

export const noChat: Chat = {
  available: false,
  name: "none",
  post: async () => ({ kind: "refused", why: { code: "not_configured", text: "No chat is configured" } }),
};
