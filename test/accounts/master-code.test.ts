import { expect, test } from "bun:test";
import { asking } from "../support/ask";
import { codeOf, enrol } from "../support/authenticator";
import { createPerson, type Person, signIn } from "../support/people";
import { openWorld } from "../support/world";

const secret = { SECRET_KEY: "a key that is made for this test alone, and long enough" };
const worlds = {
  unset: await openWorld({ env: { TRUSTED_PROXIES: "" } }),
  set: await openWorld({ env: { DEV_MASTER_OTP: "482913" } }),
  production: await openWorld({ env: { ...secret, ENV: "production", DEV_MASTER_OTP: "482913" } }),
  productionUnset: await openWorld({ env: { ...secret, ENV: "production" } }),
};
type Place = keyof typeof worlds;

const login = (place: Place, { email, password }: Person, otp?: string, headers?: Record<string, string>) =>
  asking(worlds[place])("POST", "auth/login", {
    body: { email, password, scope: "dev", ...(otp !== undefined && { otp }) },
    ...(headers && { headers }),
  });
const dev = (place: Place) => createPerson(worlds[place], { role: "dev" });

worlds.unset.describe("DEV_MASTER_OTP", () => {
  test("unset and outside production, 000000 opens scope dev from this machine alone", async () => {
    const person = await dev("unset");

    const none = await login("unset", person);
    const wrong = await login("unset", person, "000001");
    const right = await login("unset", person, "000000");
    const forwarded = await Promise.all(
      ["x-forwarded-for", "forwarded", "x-real-ip", "via", "x-forwarded-host"].map((name) =>
        login("unset", person, "000000", { [name]: name === "forwarded" ? "for=127.0.0.1" : "127.0.0.1" }),
      ),
    );

    expect(none.code).toBe("otp_required");
    expect(wrong.code).toBe("otp_invalid");
    expect(right.body).toMatchObject({ scope: "dev", expires_in: 900 });
    expect(forwarded.map(({ code }) => code)).toEqual(Array(5).fill("enrolment_required"));
  });

  test("never opens what role and password do not", async () => {
    const editor = await createPerson(worlds.unset, { role: "editor" });

    expect((await login("unset", editor, "000000")).code).toBe("dev_role_required");
    expect((await login("unset", { ...(await dev("unset")), password: "wrong" }, "000000")).code).toBe(
      "bad_credentials",
    );
  });

  test("does nothing once an app is enrolled", async () => {
    const ask = asking(worlds.unset);
    const person = await dev("unset");
    const tokens = await signIn(worlds.unset, person);
    const app = await enrol(ask, tokens, person.password);

    expect((await login("unset", person, "000000")).code).toBe("otp_invalid");
    expect((await login("unset", person, codeOf(app.secret, 1))).body.scope).toBe("dev");
  });

  test("set, the value counts from everywhere and 000000 does not", async () => {
    const person = await dev("set");
    const away = { "x-forwarded-for": "203.0.113.7" };

    expect((await login("set", person, "000000")).code).toBe("otp_invalid");
    expect((await login("set", person, "482913", away)).body.scope).toBe("dev");
  });

  test("in production opens nothing but enrolling an app, after which it opens nothing", async () => {
    const ask = asking(worlds.production);
    const person = await dev("production");

    const entered = await login("production", person, "482913");
    const as = entered.body;
    const reached = await Promise.all(
      ["users/me", "dashboard/summary", "admin/users", "account/sessions", "settings/privacy"].map(
        async (path) => (await ask("GET", path, { as })).status,
      ),
    );
    const refreshed = await ask("POST", "auth/refresh", {
      body: { refresh_token: as.refresh_token ?? "gtr_x" },
    });
    const begun = await ask("POST", "account/totp", { as, body: {} });
    const code = codeOf(begun.body.secret, -1);
    const confirmed = await ask("POST", "account/totp/confirm", { as, body: { code } });
    const after = await login("production", person, "482913");
    const own = await login("production", person, codeOf(begun.body.secret));

    expect(entered.body).toMatchObject({ scope: "enrol", status: "enrolment_required" });
    expect(reached).toEqual([200, 403, 403, 403, 403]);
    if (refreshed.status === 200) expect(refreshed.body.scope).toBe("enrol");
    expect(confirmed.status).toBe(200);
    expect(after.code).toBe("otp_invalid");
    expect(own.body.scope).toBe("dev");
    const body = { password: person.password, otp: confirmed.body.recovery_codes[0] };
    const removed = await ask("DELETE", "account/totp", { as: own.body, body });
    expect([removed.status, removed.code]).toEqual([409, "totp_required_for_role"]);
  });

  test("in production and unset, nobody without an app gets scope dev", async () => {
    const person = await dev("productionUnset");

    for (const code of [undefined, "000000", "482913"])
      expect((await login("productionUnset", person, code)).code).toBe("enrolment_required");
  });
});
