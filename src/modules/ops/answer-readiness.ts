import { contextOf, problem } from "#/kernel/http";
import { version } from "#/kernel/version";
import type { Readiness } from "./readiness";

const RETRY_SECONDS = 2;

/** 200 with every check, or 503 `not_ready` that names what is not, with the same checks. */
export function answerReadiness(request: Request, { ready, phase, checks }: Readiness): Response {
  if (ready) return Response.json({ status: "ready", version, phase, checks });
  const failing = Object.entries(checks).filter(([, { ok }]) => !ok);
  const named = failing.length > 0 ? failing.map(([name]) => name).join(", ") : phase;
  const { status, body } = problem.word({
    status: 503,
    code: "not_ready",
    message: `Not ready: ${named}`,
    requestId: contextOf(request).id,
  });
  return new Response(JSON.stringify({ ...body, checks }), {
    status,
    headers: { "content-type": problem.mediaType, "retry-after": String(RETRY_SECONDS) },
  });
}
