import { Elysia } from "elysia";
import { ProblemError } from "#/kernel/http/error-schemas";
import type { Kernel } from "#/kernel/kernel";
import { metricsType } from "#/kernel/metrics";
import { mayReadMetrics } from "./may-read-metrics";

const example = `# HELP http_answers_total Answers
# TYPE http_answers_total counter
http_answers_total{class="2xx"} 1027
`;

/** What Prometheus scrapes. */
export const metricsEndpoint = ({ config, metrics }: Pick<Kernel, "config" | "metrics">) =>
  new Elysia({ name: "ops.metrics", tags: ["health"] }).get(
    "/metrics",
    async ({ request }) => {
      mayReadMetrics(config, request);
      return new Response(await metrics.render(), { headers: { "content-type": metricsType } });
    },
    {
      response: { 401: ProblemError, 403: ProblemError },
      detail: {
        summary: "Figures for Prometheus",
        description:
          "Text format 0.0.4; the README lists the metrics. With `METRICS_TOKEN` as bearer, and outside production also from the same machine where no proxy stands between.",
        security: [{ metricsToken: [] }, {}],
        responses: {
          200: {
            description: "Every metric",
            content: { "text/plain": { schema: { type: "string" }, example } },
          },
        },
      },
    },
  );
