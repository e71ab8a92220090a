import type { CallResult } from "#/kernel/call-result";
import { type Chat, type ChatMessage, noChat } from "#/kernel/chat";
import type { Config } from "#/kernel/config";
import { type Accepted, badAnswer, classify, type HttpClient } from "#/kernel/http-client";
import { toSlackMessage } from "./slack-message";

/** The incoming webhook of Slack, or of a server that takes the same; without an address, the port that says so. */
export function openChat(
  { SLACK_WEBHOOK_URL: url }: Pick<Config, "SLACK_WEBHOOK_URL">,
  http: HttpClient,
): Chat {
  if (url === undefined) return noChat;
  // Whoever knows the address can post: a server that quotes its path gives it away.
  const secrets = [url, new URL(url).pathname].filter((secret) => secret.length > 1);
  return {
    available: true,
    name: "slack",
    async post(message: ChatMessage): Promise<CallResult<Record<string, never>>> {
      const result = classify(
        await http.call({
          integration: "slack",
          operation: "post",
          method: "POST",
          url,
          headers: { "content-type": "application/json" },
          body: JSON.stringify(toSlackMessage(message)),
          target: "configured",
        }),
        { idempotent: false, credentials: false, secrets, expect: "any" },
      );
      if (result.kind !== "ok") return result;
      return isAcknowledged(result) ? { kind: "ok", value: {} } : badAnswer(result, secrets);
    },
  };
}

/** Slack says `ok` and calls it HTML; others answer with JSON. A page is a proxy's, and nobody was told. */
function isAcknowledged({ headers, body }: Pick<Accepted, "headers" | "body">): boolean {
  const isJson = /^application\/json\b/.test(headers.get("content-type") ?? "");
  return isJson || body.length === 0 || new TextDecoder().decode(body).trim() === "ok";
}
