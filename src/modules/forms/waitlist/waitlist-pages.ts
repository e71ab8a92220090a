import { Elysia, t } from "elysia";
import { notFound } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { html } from "#/kernel/pages";
import { formsOf } from "../catalogue/forms-registry";
import { answerLink, linkResponses, TokenParams } from "../pages/answer-link";
import { wordsOf } from "../pages/languages";
import { showForm } from "../pages/show-form";
import { renderEntry } from "./render-entry";
import { findEntryByStatus, ShownEntry, showEntry } from "./show-entry";
import { waitlistForm } from "./waitlist-form";

const status = linkResponses([404]);

/** The pages of the waitlist: one's own place, and the form for a friend. */
export const waitlistPages = (kernel: Kernel) =>
  new Elysia({ name: "forms.waitlist-pages", tags: ["forms"] })
    .get(
      "/f/-/waitlist/:token",
      ({ params, request }) =>
        answerLink(
          request,
          async (speak) => {
            const entry = await findEntryByStatus(kernel.db, params.token);
            if (!entry) throw notFound("link");
            const shown = await showEntry(kernel, entry);
            const language = speak();
            const { title } = wordsOf(language).waitlist;
            return { title, content: renderEntry(shown, language), json: shown };
          },
          (_code, language) => {
            const { unknownTitle, unknownText } = wordsOf(language).optIn;
            return { title: unknownTitle, content: html`<p>${unknownText}</p>\n` };
          },
        ),
      {
        params: TokenParams,
        response: { 200: ShownEntry, ...status.response },
        detail: {
          summary: "One's own place on the waitlist",
          description: "The link stands on the page that follows the confirmation.",
          responses: status.responses,
        },
      },
    )
    .get(
      "/f/-/friends/:token",
      ({ params, request }) => showForm(kernel, formsOf(kernel).get(waitlistForm), request, params.token),
      {
        params: t.Object({
          token: t.String({ pattern: "^[\\w-]{22}$", examples: ["qE3o2nYx7cJkQ0m5Zt8w1A"] }),
        }),
        response: { 200: t.String({ description: "A page" }) },
        detail: {
          summary: "The waitlist's form for a friend",
          description: "Where a referral link leads while WAITLIST_PAGE is not set. Works without script.",
        },
      },
    );
