import { expect, test } from "bun:test";
import { treaty } from "@elysiajs/eden";
import type { App } from "#/app";
import { createPerson } from "../support/people";
import { openWorld } from "../support/world";

const world = await openWorld();

/** What a script of the site writes: `type App` is all it takes of the service. */
world.describe("a typed client of the portal", () => {
  const { api } = treaty<App>(world.url);
  const { v1 } = api;

  test("signs in, refreshes and reads the dashboard by names that the compiler knows", async () => {
    const person = await createPerson(world);

    const signedIn = await v1.auth.login.post({ email: person.email, password: person.password });
    if (signedIn.error) throw signedIn.error;
    const refreshed = await v1.auth.refresh.post({ refresh_token: signedIn.data.refresh_token ?? "" });
    if (refreshed.error) throw refreshed.error;
    const headers = { authorization: `Bearer ${refreshed.data.access_token}` };
    const { data, status } = await v1.dashboard.summary.get({ headers });

    expect(status).toBe(200);
    const sessions: number | undefined = data?.metrics.sessions;
    const role: "user" | "editor" | "dev" | undefined = data?.account.role;
    expect([sessions, role]).toEqual([1, "user"]);
    expect(data?.recent_events.map(({ event }) => event)).toEqual(["session.opened"]);
  });

  test("knows the refusals of a route, and what it does not take", async () => {
    const headers = { authorization: "Bearer nothing" };

    const refused = await v1.dashboard.summary.get({ headers });
    const wrong = await v1.auth.login.post({ email: "ada@example.com", password: "not the password" });
    // @ts-expect-error a name is a text
    const misfit = await v1.account.profile.patch({ full_name: 7 }, { headers });
    // @ts-expect-error there is no such route
    const nowhere = await v1.nowhere.get();

    expect([refused.status, refused.data]).toEqual([401, null]);
    expect(wrong.error?.value as unknown).toMatchObject({ status: 401, code: "bad_credentials" });
    expect([misfit.status, nowhere.status]).toEqual([401, 404]);
  });
});
