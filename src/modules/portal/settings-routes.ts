import { Elysia } from "elysia";
import { originOf } from "#/kernel/audit";
import { jsonBody } from "#/kernel/http";
import { ProblemError } from "#/kernel/http/error-schemas";
import type { Kernel } from "#/kernel/kernel";
import { signedIn } from "#/modules/accounts";
import { changeSettings, readSettings, type SectionChange } from "./change-settings";
import { changeSchema, documentedSection, type SectionName, sectionSchema } from "./settings-sections";

const titles: Record<SectionName, string> = {
  notifications: "what is mailed",
  appearance: "how the portal looks",
  privacy: "what others see",
};

/** The settings of whoever is signed in, in three sections. */
export const settings = (kernel: Kernel) =>
  new Elysia({ name: "portal.settings", tags: ["portal"] })
    .use(section(kernel, "notifications"))
    .use(section(kernel, "appearance"))
    .use(section(kernel, "privacy"));

const section = <const Name extends SectionName>(kernel: Kernel, name: Name) =>
  new Elysia({ name: `portal.settings.${name}`, prefix: "/api/v1/settings", tags: ["portal"] })
    .use(signedIn(kernel))
    .use(jsonBody)
    .get(`/${name}` as const, async ({ account }) => readSettings(kernel.db, account.id, name), {
      response: { 200: sectionSchema(name) },
      detail: { summary: `Settings: ${titles[name]}`, responses: documentedSection(name) },
    })
    .patch(
      `/${name}` as const,
      async ({ account, body, request }) =>
        changeSettings(kernel, account.id, {
          name,
          change: body as SectionChange,
          origin: originOf(request),
        }),
      {
        body: changeSchema(name),
        response: { 200: sectionSchema(name), 422: ProblemError },
        detail: {
          summary: `Change settings: ${titles[name]}`,
          responses: documentedSection(name),
          description:
            "Members that are not sent stay; null sets one back to its default. Up to 20 members of your own are kept beside the known ones: booleans, numbers, and texts of up to 200 characters.",
        },
      },
    );
