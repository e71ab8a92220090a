import { Elysia, t } from "elysia";
import { clientOf } from "#/kernel/http";
import { oneOf } from "#/kernel/http/one-of";
import type { Kernel } from "#/kernel/kernel";
import { rateLimited } from "#/kernel/rate-limit";
import { formsOf } from "../catalogue/forms-registry";
import { answerLink, linkResponses, TokenParams } from "../pages/answer-link";
import { inLanguage, type Language } from "../pages/languages";
import { findEntryOf, ShownEntry, showEntry } from "../waitlist/show-entry";
import { statusToken } from "../waitlist/status-token";
import { waitlistForm } from "../waitlist/waitlist-form";
import { confirmAddress, readLink } from "./confirm-address";
import { declineAddress } from "./decline-address";
import { linkAddress, type OptIn } from "./links";
import {
  explainRefusal,
  renderConfirmed,
  renderDeclined,
  renderQuestion,
  renderSentAgain,
} from "./opt-in-pages";
import { sendAgain } from "./send-again";

const Question = t.Object({
  status: oneOf(["waiting", "confirmed"]),
  form: t.String({ examples: ["waitlist"] }),
});
const Confirmed = t.Object({
  status: t.Literal("confirmed"),
  form: t.String({ examples: ["waitlist"] }),
  entry: t.Optional(
    t.Object(
      {
        ...ShownEntry.properties,
        status_link: t.String({
          examples: ["https://api.example.com/f/-/waitlist/Zy5cWm0vE7o3TnQ4b1sX8kLr"],
        }),
      },
      { description: "Of the waitlist alone" },
    ),
  ),
});
const Declined = t.Object({ status: t.Literal("declined") });
const SentAgain = t.Object({ status: t.Literal("sent") });

const page = linkResponses([404, 410]);
const action = linkResponses([404, 410, 429]);
const decline = linkResponses([404, 429]);

/** What a mailed link leads to: a page that asks, and its buttons. They work without script. */
export const optInPages = (kernel: Kernel) => {
  const spend = async (request: Request): Promise<void> => {
    const rule = { name: "form-attempts", ...kernel.config.FORMS_RATE_ATTEMPTS, doubling: false };
    const verdict = await kernel.limits.consume(rule, clientOf(request).key);
    if (!verdict.allowed) throw rateLimited(rule, verdict);
  };
  const explain = (token: string) => (code: string, language: Language) =>
    explainRefusal(token, code, language);

  return new Elysia({ name: "forms.opt-in", tags: ["forms"] })
    .get(
      "/f/-/confirm/:token",
      ({ params: { token }, request }) =>
        answerLink(
          request,
          async (speak) => {
            const link = await readLink(kernel, token);
            const language = speak(link.language);
            const json = { status: link.confirmedAt ? "confirmed" : "waiting", form: link.form };
            return { ...renderQuestion(token, titleOf(kernel, link.form, language), language), json };
          },
          explain(token),
        ),
      {
        params: TokenParams,
        response: { 200: Question, ...page.response },
        detail: {
          summary: "The page that asks to confirm an address",
          description: "What the mailed link opens. It changes nothing; its buttons do.",
          responses: page.responses,
        },
      },
    )
    .post(
      "/f/-/confirm/:token",
      ({ params: { token }, request }) =>
        answerLink(
          request,
          async (speak) => {
            await spend(request);
            const link = await confirmAddress(kernel, token);
            const entry = await entryOf(kernel, link);
            const json = {
              status: "confirmed",
              form: link.form,
              ...(entry && { entry: { ...entry.shown, status_link: entry.statusLink } }),
            };
            return { ...renderConfirmed(speak(link.language), entry), json };
          },
          explain(token),
        ),
      {
        parse: "none",
        params: TokenParams,
        response: { 200: Confirmed, ...action.response },
        detail: {
          summary: "Confirm an address",
          description:
            "The button of the page. What was sent comes into the inbox; a second time changes nothing.",
          responses: action.responses,
        },
      },
    )
    .post(
      "/f/-/confirm/:token/decline",
      ({ params: { token }, request }) =>
        answerLink(
          request,
          async (speak) => {
            await spend(request);
            const link = await declineAddress(kernel, token);
            return { ...renderDeclined(speak(link.language)), json: { status: "declined" } };
          },
          explain(token),
        ),
      {
        parse: "none",
        params: TokenParams,
        response: { 200: Declined, ...decline.response },
        detail: {
          summary: "Say that it was somebody else",
          description: "What was sent is dropped, and no mail goes to the address any more.",
          responses: decline.responses,
        },
      },
    )
    .post(
      "/f/-/confirm/:token/again",
      ({ params: { token }, request }) =>
        answerLink(
          request,
          async (speak) => {
            await spend(request);
            const link = await sendAgain(kernel, token);
            return { ...renderSentAgain(speak(link.language)), json: { status: "sent" } };
          },
          explain(token),
        ),
      {
        parse: "none",
        params: TokenParams,
        response: { 200: SentAgain, ...action.response },
        detail: {
          summary: "Ask for a new link",
          description:
            "For a link that has expired. One mail in 24 hours; the answer is the same without one.",
          responses: action.responses,
        },
      },
    );
};

const titleOf = (kernel: Pick<Kernel, "db">, slug: string, language: Language): string => {
  const form = formsOf(kernel).definitionOf(slug);
  return form ? inLanguage(form.title, language, form) : slug;
};

async function entryOf(kernel: Kernel, { form, submissionId }: OptIn) {
  const entry = form === waitlistForm ? await findEntryOf(kernel.db, submissionId) : undefined;
  if (!entry) return;
  const shown = await showEntry(kernel, entry);
  return {
    shown,
    statusLink: linkAddress(kernel.config, `waitlist/${statusToken(kernel.config, entry.id)}`),
  };
}
