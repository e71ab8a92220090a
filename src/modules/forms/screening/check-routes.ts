import { Elysia, t } from "elysia";
import { clientOf } from "#/kernel/http";
import { PlainError } from "#/kernel/http/error-schemas";
import type { Kernel } from "#/kernel/kernel";
import { rateLimited } from "#/kernel/rate-limit";
import { formsOf } from "../catalogue/forms-registry";
import { Slug } from "../catalogue/slug";
import { exemptClients } from "../intake/limit-posts";
import { newPageId } from "../intake/retry-identifier";
import { createAltcha } from "./altcha";
import { answerWidget } from "./altcha-widget";
import { createPageTokens, PAGE_TOKEN_SECONDS } from "./page-token";

const params = t.Object({ form: Slug });
const refusals = { 404: PlainError, 429: PlainError };

/** What a page fetches so that the judge can tell its visitors from robots. */
export function visitorChecks(kernel: Pick<Kernel, "config" | "db" | "limits" | "now">) {
  const { config, limits } = kernel;
  const tokens = createPageTokens(config, () => kernel.now());
  const altcha = createAltcha(config);
  const rule = { name: "form-tokens", ...config.FORMS_RATE_TOKENS };
  const isExempt = exemptClients(config);

  const allow = async (request: Request): Promise<void> => {
    const client = clientOf(request);
    if (isExempt(client)) return;
    const verdict = await limits.consume(
      client.untrustedForwarding ? { ...rule, doubling: false } : rule,
      client.key,
    );
    if (!verdict.allowed) throw rateLimited(rule, verdict, "requests");
  };

  return new Elysia({ name: "forms.checks", tags: ["forms"] })
    .get(
      "/f/:form/token",
      async ({ params, request }) => {
        const { slug } = formsOf(kernel).get(params.form).definition;
        await allow(request);
        return { token: tokens.issue(slug), id: newPageId(), expires_in: PAGE_TOKEN_SECONDS };
      },
      {
        params,
        response: {
          200: t.Object({
            token: t.String({ examples: ["Y29udGFjdCAx.c2lnbmF0dXJl"] }),
            id: t.String({ format: "uuid", examples: ["3f1c8f0e-9a0b-4c1d-8e2f-5a6b7c8d9e0f"] }),
            expires_in: t.Integer({ description: "Seconds", examples: [PAGE_TOKEN_SECONDS] }),
          }),
          ...refusals,
        },
        detail: {
          summary: "A page token",
          description:
            "For a script to fetch when it shows the form: `token` goes into the field `_t`, `id` into `_id`. A post in less than three seconds, and a fourth one of the same page, are judged more strictly.",
        },
      },
    )
    .get(
      "/f/:form/challenge",
      async ({ params, request }) => {
        const { slug } = formsOf(kernel).get(params.form).definition;
        await allow(request);
        return altcha.challenge(slug, kernel.now());
      },
      {
        params,
        response: {
          200: t.Object({
            algorithm: t.Literal("SHA-256"),
            challenge: t.String({
              examples: ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
            }),
            maxnumber: t.Integer({ examples: [100_000] }),
            salt: t.String({ examples: ["q83vEjRWeJCrze8S?form=contact&expires=1795280400&"] }),
            signature: t.String({
              examples: ["6f1ed002ab5595859014ebf0951522d9a3bf4f1b2b0b822cd15d6c15b0f00a08"],
            }),
          }),
          ...refusals,
        },
        detail: {
          summary: "A challenge for the ALTCHA widget",
          description:
            "The widget solves it and sends its answer in the field `altcha`. Good for 20 minutes, for this form, and once. `/f/-/altcha.js` is the widget.",
        },
      },
    )
    .get("/f/-/altcha.js", async ({ request }) => answerWidget(request), {
      detail: {
        summary: "The ALTCHA widget",
        description:
          'For pages: `<script type="module" src="…/f/-/altcha.js"></script>` and, in the form, `<altcha-widget challenge="…/f/contact/challenge" name="altcha"></altcha-widget>`.',
        responses: {
          200: { description: "A script", content: { "text/javascript": { schema: { type: "string" } } } },
          304: { description: "Not changed since it was last asked for" },
        },
      },
    });
}
