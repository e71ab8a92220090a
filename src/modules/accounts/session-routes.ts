import { Elysia, t } from "elysia";
import { originOf } from "#/kernel/audit";
import { oneOf } from "#/kernel/http";
import type { Kernel } from "#/kernel/kernel";
import { signedIn } from "./identity";
import { listSessions, ShownSession } from "./list-sessions";
import { getPortalUser, PortalUser } from "./portal-user";
import { revokeSession } from "./sign-out";
import { scopes } from "./tables";

const Id = t.String({ pattern: "^[1-9][0-9]{0,14}$", examples: ["7"] });

/** Who is signed in, for everybody who is. */
export const currentUser = (kernel: Kernel) =>
  new Elysia({ name: "accounts.current-user", prefix: "/api/v1/users", tags: ["accounts"] })
    .use(signedIn(kernel, { unverified: true, enrolling: true }))
    .get(
      "/me",
      async ({ account }) => ({ ...(await getPortalUser(kernel.db, account.id)), scope: account.scope }),
      {
        response: { 200: t.Object({ ...PortalUser.properties, scope: oneOf(scopes) }) },
        detail: { summary: "Who is signed in", description: "The account, and the scope of the session." },
      },
    );

/** Where somebody is signed in. */
export const ownSessions = (kernel: Kernel) =>
  new Elysia({ name: "accounts.sessions", prefix: "/api/v1/account/sessions", tags: ["accounts"] })
    .use(signedIn(kernel))
    .get("", async ({ account }) => ({ items: await listSessions(kernel.db, account) }), {
      response: { 200: t.Object({ items: t.Array(ShownSession) }) },
      detail: { summary: "The open sessions", description: "Of the account that asks, newest first." },
    })
    .delete(
      "/:id",
      async ({ account, params, request }) => {
        await revokeSession(kernel, account, Number(params.id), originOf(request));
        return { status: "ok" as const };
      },
      {
        params: t.Object({ id: Id }),
        response: { 200: t.Object({ status: t.Literal("ok") }) },
        detail: {
          summary: "End a session",
          description: "The one that asks, or another of the same account.",
        },
      },
    );
