import { expect, test } from "bun:test";
import { asking, network } from "../support/ask";
import { codeOf, enrol, wrongCode } from "../support/authenticator";
import { createPerson, type Person, signIn } from "../support/people";
import { openWorld } from "../support/world";

const world = await openWorld({ env: { TRUSTED_PROXIES: "127.0.0.1", HASH_MAX_WAIT_MS: "60000" } });
const ask = asking(world);
const login = ({ email, password }: Person, otp?: string, from?: string) =>
  ask("POST", "auth/login", { body: { email, password, ...(otp && { otp }) }, ...(from && { from }) });
const run = (statement: string) => world.kernel.database.executeSql(statement);

async function enrolled() {
  const person = await createPerson(world);
  const tokens = await signIn(world, person);
  return { person, tokens, ...(await enrol(ask, tokens, person.password)) };
}

world.describe("an authenticator app", () => {
  test("is enrolled with the password and its first code, and then asked for at every sign-in", async () => {
    const person = await createPerson(world);
    const tokens = await signIn(world, person);
    const begin = (password: string) => ask("POST", "account/totp", { as: tokens, body: { password } });

    const wrong = await begin("not the password");
    const first = await begin(person.password);
    const second = await begin(person.password);
    const confirm = (code: string) => ask("POST", "account/totp/confirm", { as: tokens, body: { code } });
    const replaced = await confirm(codeOf(first.body.secret));
    const confirmed = await confirm(codeOf(second.body.secret));
    const again = await begin(person.password);
    const without = await login(person);
    const used = await login(person, codeOf(second.body.secret));
    const next = await login(person, codeOf(second.body.secret, 1));

    expect(wrong.code).toBe("wrong_password");
    expect(second.body.otpauth_uri).toStartWith("otpauth://totp/");
    expect(replaced.code).toBe("otp_invalid");
    expect(new Set(confirmed.body.recovery_codes).size).toBe(10);
    expect([again.status, again.code]).toEqual([409, "totp_enrolled"]);
    expect([without.status, without.code]).toEqual([403, "otp_required"]);
    expect(used.code).toBe("otp_invalid");
    expect(next.status).toBe(200);
    expect((await ask("GET", "users/me", { as: next.body })).body.totp_enabled).toBe(true);
    const { tables } = await world.traces();
    const kept = JSON.stringify([tables, world.log]);
    for (const secret of [second.body.secret, ...confirmed.body.recovery_codes])
      expect(kept).not.toContain(secret);
  });

  test("takes the code of the step before and after, and none two steps away", async () => {
    const results = [];
    for (const drift of [-2, -1, 0, 1, 2]) {
      const { person, secret } = await enrolled();
      await run("update gatehouse.totp_factors set last_step = 0");
      // The step may turn between here and there: then another one is meant.
      const before = Math.floor(Date.now() / 30_000);
      const { status } = await login(person, codeOf(secret, drift));
      if (Math.floor(Date.now() / 30_000) === before) results.push([drift, status]);
    }
    const expected = new Map([
      [-2, 403],
      [-1, 200],
      [0, 200],
      [1, 200],
      [2, 403],
    ]);
    expect(results.length).toBeGreaterThan(2);
    for (const [drift, status] of results) expect([drift, status]).toEqual([drift, expected.get(drift!)]);
  });

  test("counts a step once: of 50 that use one code at once, one gets in", async () => {
    const { person, secret } = await enrolled();
    const code = codeOf(secret, 1);

    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) => login(person, code, network(at))),
    );

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.every(({ code }) => [undefined, "otp_invalid", "rate_limited"].includes(code))).toBe(true);
    await run("delete from gatehouse.code_failures");
    expect((await login(person, codeOf(secret))).code).toBe("otp_invalid");
  }, 60_000);

  test("rests for a quarter of an hour after five wrong codes, the right one too, and a restart changes nothing", async () => {
    const { person, secret } = await enrolled();
    const wrong = wrongCode(secret);

    const statuses = [];
    for (let at = 0; at < 5; at++) statuses.push((await login(person, wrong)).status);
    const sixth = await login(person, codeOf(secret, 1));
    const failures = (await run("select count, since <= now() as past from gatehouse.code_failures")).rows;
    await run("update gatehouse.code_failures set since = now() - interval '901 seconds'");
    const later = await login(person, codeOf(secret, 1));

    expect(statuses).toEqual(Array(5).fill(403));
    expect([sixth.status, sixth.code]).toEqual([429, "rate_limited"]);
    expect(Number(sixth.headers.get("retry-after"))).toBeGreaterThan(850);
    expect(Number(sixth.headers.get("retry-after"))).toBeLessThanOrEqual(900);
    // What is counted is a row, which any process reads that comes after this one.
    expect(failures).toMatchObject([{ past: true }]);
    expect(later.status).toBe(200);
  });

  test("is not asked about before the password was right", async () => {
    const { person, secret } = await enrolled();

    for (let at = 0; at < 7; at++)
      expect((await login({ ...person, password: "wrong" }, wrongCode(secret))).code).toBe("bad_credentials");

    expect((await login(person, codeOf(secret, 1))).status).toBe(200);
  });

  test("gives way to a recovery code, each once, as people type it", async () => {
    const { person, recoveryCodes } = await enrolled();
    const [first = "", second = ""] = recoveryCodes;

    const typed = await login(person, ` ${first.toUpperCase().replaceAll("-", " ")} `);
    const again = await login(person, first);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) => login(person, second, network(at))),
    );

    expect(typed.status).toBe(200);
    expect(again.code).toBe("otp_invalid");
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const { tables } = await world.traces();
    expect(tables.recovery_codes?.filter(({ used_at }) => used_at !== null)).toHaveLength(2);
    const events = tables.audit_events?.filter(({ event }) => event === "account.recovery_code_used");
    expect(events).toHaveLength(2);
  }, 60_000);

  test("gets new recovery codes with password and code, after which the old ones do nothing", async () => {
    const { person, tokens, secret, recoveryCodes } = await enrolled();
    const renew = (body: object) => ask("POST", "account/totp/recovery-codes", { as: tokens, body });

    const wrong = await renew({ password: person.password, otp: wrongCode(secret) });
    const renewed = await renew({ password: person.password, otp: codeOf(secret, 1) });
    const old = await login(person, recoveryCodes[0]);
    const now = await login(person, renewed.body.recovery_codes[0]);

    expect(wrong.code).toBe("otp_invalid");
    expect(renewed.body.recovery_codes).toHaveLength(10);
    expect(old.code).toBe("otp_invalid");
    expect(now.status).toBe(200);
  });

  test("is removed with password and code, which ends every session", async () => {
    const { person, tokens, secret } = await enrolled();

    const body = { password: person.password, otp: codeOf(secret, 1) };
    const removed = await ask("DELETE", "account/totp", { as: tokens, body });
    const after = await ask("GET", "users/me", { as: tokens });

    expect(removed.status).toBe(200);
    expect(after.code).toBe("token_revoked");
    expect((await login(person)).status).toBe(200);
    const { tables } = await world.traces();
    expect([tables.totp_factors, tables.recovery_codes]).toEqual([[], []]);
  });

  test("of an account that is deleted is asked for once more", async () => {
    const { person, tokens, secret } = await enrolled();
    const remove = (otp?: string) =>
      ask("DELETE", "account", { as: tokens, body: { password: person.password, ...(otp && { otp }) } });

    expect((await remove()).code).toBe("otp_required");
    expect((await remove(wrongCode(secret))).code).toBe("otp_invalid");
    expect((await remove(codeOf(secret, 1))).status).toBe(200);
  });
});
