import { Elysia, t } from "elysia";
import { oneOf } from "#/kernel/http";
import { ProblemError } from "#/kernel/http/error-schemas";
import type { Kernel } from "#/kernel/kernel";
import { version } from "#/kernel/version";
import { answerReadiness } from "./answer-readiness";
import { checkDatabase } from "./check-database";
import { createReadiness } from "./readiness";

const Check = t.Object({
  ok: t.Boolean(),
  detail: t.String(),
  ms: t.Integer({ description: "Milliseconds" }),
});
const Ready = t.Object({
  status: t.Literal("ready"),
  version: t.String(),
  phase: t.String({ examples: ["serving"] }),
  checks: t.Record(t.String(), Check),
});
const NotReady = t.Object({ ...ProblemError.properties, checks: t.Record(t.String(), Check) });
const Version = t.String({ examples: ["0.1.0-1a2b3c4"] });

/** The probes: what a deploy gate, a monitor and a load balancer ask. */
export function probes(kernel: Kernel) {
  const readiness = createReadiness(kernel);
  const startedAt = kernel.now();
  return new Elysia({ name: "ops.probes", tags: ["health"] })
    .get("/health", async () => ({ status: "ok" as const, version }), {
      response: { 200: t.Object({ status: t.Literal("ok"), version: Version }) },
      detail: { summary: "The process lives", description: "Touches nothing; the deploy gate reads it." },
    })
    .get(
      "/api/v1/healthz",
      async () => ({
        status: "ok" as const,
        version,
        started_at: startedAt.toISOString(),
        uptime_s: Math.floor((kernel.now().getTime() - startedAt.getTime()) / 1000),
      }),
      {
        response: {
          200: t.Object({
            status: t.Literal("ok"),
            version: Version,
            started_at: t.String({ format: "date-time", examples: ["2026-11-21T09:30:00.000Z"] }),
            uptime_s: t.Integer({ examples: [42] }),
          }),
        },
        detail: { summary: "The process lives, for monitors" },
      },
    )
    .get("/api/v1/readyz", async ({ request }) => answerReadiness(request, await readiness()), {
      response: { 200: Ready, 503: NotReady },
      detail: {
        summary: "It can serve",
        description: "Database, migrations, disk and jobs; 503 names what is not ready.",
      },
    })
    .get("/health/db", async () => checkDatabase(kernel), {
      response: {
        200: t.Object({
          status: t.Literal("ok"),
          latency_ms: t.Integer({ examples: [1] }),
          engine: oneOf(["embedded", "postgres"]),
          migrations: t.Object({ applied: t.Integer(), pending: t.Integer() }),
        }),
        503: ProblemError,
      },
      detail: { summary: "The database answers" },
    });
}
