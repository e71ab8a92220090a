import { Elysia } from "elysia";
import {
  apiCors,
  appOptions,
  byPath,
  chooseVoice,
  httpKernel,
  type Lane,
  plain,
  problem,
  typed,
} from "#/kernel/http";
import type { Kernel } from "#/kernel/kernel";
import type { Module } from "#/kernel/module";
import { version } from "#/kernel/version";
import {
  accountDeletion,
  accountPages,
  accounts,
  currentUser,
  emailChange,
  enrolmentPages,
  ownAccount,
  ownSessions,
  publishingAccounts,
  publishingLogin,
  registration,
  setupPages,
  signInRoutes,
  totpEnrolment,
  totpUpkeep,
} from "#/modules/accounts";
import { documentation } from "#/modules/docs";
import {
  compiledForms,
  forms,
  formsForEverybody,
  formsForTheTeam,
  formsOf,
  openIntake,
  originsByPath,
} from "#/modules/forms";
import { metricsEndpoint, probes } from "#/modules/ops";
import { adminLogs, adminSummary, adminUsers, dashboard, portal, settings } from "#/modules/portal";

/** Every module; `boot.ts` gathers their jobs. */
export const modules: readonly Module[] = [forms, accounts, portal];

/** Who speaks how, the first match wins; everything else speaks `problem`. */
const voiceOf = chooseVoice([
  ["/api/v1/*", problem],
  ["/api/*", plain],
  ["/f/*", plain],
  ["/health", plain],
  ["/v1/*", typed],
]);

/** The service as one app: the kernel first, because a hook covers only what follows it, then each module. */
export const createApp = (kernel: Kernel) => {
  const { config, log, readiness } = kernel;
  const forms = originsByPath(config, () => formsOf(kernel));
  const others = apiCors(config);
  const intake = openIntake(kernel);
  const doors = [...compiledForms.values()].flatMap(({ definition }) => definition.doors);
  const isForm = byPath(
    ["/f/*", ...doors].map((path) => [path, true] as const),
    false,
  );
  const laneOf = byPath<Lane>(
    [["/health/*", "exempt"], ...["/f/*", ...doors].map((path) => [path, "forms"] as const)],
    "other",
  );
  return new Elysia(appOptions)
    .use(
      httpKernel({
        config,
        log,
        metrics: kernel.metrics,
        voiceOf,
        isLeaving: () => readiness.phase() === "draining",
        laneOf(path, method) {
          const lane = laneOf(path);
          return lane === "forms" && method !== "POST" ? "other" : lane;
        },
        // Beside those that wait for the database, as many whose bodies are on their way.
        maxInFlight: { forms: 2 * config.FORMS_QUEUE },
        refusalOf: (lane, request) => (lane === "forms" ? intake.refusalOf(request) : undefined),
        corsOf: (path) => (isForm(path) ? forms(path) : others),
      }),
    )
    .use(probes(kernel))
    .use(metricsEndpoint(kernel))
    .use(formsForEverybody(kernel, intake))
    .use(signInRoutes(kernel))
    .use(currentUser(kernel))
    .use(ownSessions(kernel))
    .use(registration(kernel))
    .use(emailChange(kernel))
    .use(ownAccount(kernel))
    .use(totpEnrolment(kernel))
    .use(totpUpkeep(kernel))
    .use(accountDeletion(kernel))
    .use(publishingAccounts(kernel))
    .use(publishingLogin(kernel))
    .use(settings(kernel))
    .use(dashboard(kernel))
    .use(adminSummary(kernel))
    .use(formsForTheTeam(kernel))
    .use(adminUsers(kernel))
    .use(adminLogs(kernel))
    .use(accountPages(kernel))
    .use(setupPages(kernel))
    .use(enrolmentPages(kernel))
    .use(
      documentation({
        version,
        voiceOf,
        forms: [...compiledForms.values()].map(({ definition }) => definition),
      }),
    );
};

export type App = ReturnType<typeof createApp>;
