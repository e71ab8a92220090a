import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Database } from "#/kernel/db";
import { codeOf, wrongCode } from "../support/authenticator";
import { openPlaces } from "../support/databases";
import { executablePath, startExecutable } from "../support/executable";
import { startSmtp } from "../support/smtp";
import { namesOf } from "../support/spellings";
import { until } from "../support/until";

type Answered = Partial<Record<"access_token" | "refresh_token" | "secret", string>> & {
  recovery_codes?: string[];
};

const metricsToken = "metrics4vX9cM2nL7sJ5wR8yK1zD6fH3gP";
const email = "planted.person@example.com";

const places = await openPlaces();
afterAll(places.close);

describe.each(places.kinds)("on %s", (kind) => {
  test("no password, token, code or link of an account is kept, logged, counted or answered again", async () => {
    using place = await places.open(kind);
    const smtp = await startSmtp();
    const env = {
      ...place.env,
      ENV: "production",
      SECRET_KEY: "rootVw7xqk2nQ0c4m1hTzR8eYbL5sJ9pAf",
      LOG_LEVEL: "debug",
      METRICS_TOKEN: metricsToken,
      SMTP_URL: smtp.url,
      MAIL_FROM: "Site <site@example.com>",
      WHITELISTED_EMAILS: email,
      CONTROL_SOCKET: join(place.env.DATA_DIR ?? "", "control.sock"),
    };
    const running = await startExecutable(env);
    const secrets: Record<string, string> = {};
    /** What was answered where none of the secrets belongs. */
    const refusals: string[] = [];
    const plant = <Name extends string>(name: Name, value: unknown): string => {
      expect({ name, kind: typeof value }).toEqual({ name, kind: "string" });
      secrets[name] = String(value);
      return secrets[name];
    };
    const ask = async (method: string, path: string, body?: unknown, as?: string, more = {}) => {
      const answer = await fetch(running.url + path, {
        method,
        redirect: "manual",
        headers: {
          ...(body !== undefined && { "content-type": "application/json" }),
          ...(as !== undefined && { authorization: `Bearer ${as}` }),
          ...more,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (answer.status >= 400) refusals.push(`${JSON.stringify([...answer.headers])}${text}`);
      return {
        status: answer.status,
        headers: answer.headers,
        body: (text.startsWith("{") ? JSON.parse(text) : {}) as Answered,
      };
    };
    const mailed = async (subject: string): Promise<string> => {
      const found = () =>
        smtp.messages.findLast(({ headers }) => headers.get("subject")?.[0] === subject)?.text;
      await until(() => found() !== undefined, 20);
      return /\/account\/\w+\/([\w-]{43})/.exec(found() ?? "")?.[1] ?? expect.unreachable();
    };
    const api = "/api/v1";

    // The whole life of an account, each secret also sent where it is refused.
    const password = plant("password", "firstPw7xq2nQ0c4m1hT");
    await ask("POST", `${api}/auth/register`, { email, password, full_name: "Planted" });
    const verify = plant("verificationToken", await mailed("Confirm your e-mail address"));
    await ask("GET", `/account/verify/${verify}`);
    expect((await ask("POST", `${api}/auth/verify`, { token: verify })).status).toBe(200);
    await ask("POST", `${api}/auth/verify`, { token: verify });
    await ask("GET", `/v1/accounts/verify/${verify}`);
    await ask("POST", `${api}/auth/login`, { email, password: plant("wrongPassword", "wrongPw3vX9cM2nL7s") });
    await ask("POST", `${api}/auth/login`, { email, password: { wrong: password } });
    const first = await ask("POST", `${api}/auth/login`, { email, password, session: "cookie" });
    plant("cookie", /gatehouse_refresh=([^;]+)/.exec(first.headers.get("set-cookie") ?? "")?.[1]);
    const signedIn = await ask("POST", `${api}/auth/login`, { email, password });
    const access = plant("accessToken", signedIn.body.access_token);
    const refresh = plant("refreshToken", signedIn.body.refresh_token);
    const next = await ask("POST", `${api}/auth/refresh`, { refresh_token: refresh });
    plant("nextRefreshToken", next.body.refresh_token);
    await ask("POST", `${api}/auth/refresh`, { refresh_token: `${refresh}x` });
    await ask("GET", `${api}/users/me?access_token=${access}`, undefined, `${access}x`);
    await ask("GET", `${api}/admin/users`, undefined, access);
    const begun = await ask("POST", `${api}/account/totp`, { password }, access);
    const secret = plant("totpSecret", begun.body.secret);
    await ask("POST", `${api}/account/totp/confirm`, { code: plant("wrongCode", wrongCode(secret)) }, access);
    const code = plant("oneTimeCode", codeOf(secret));
    const confirmed = await ask("POST", `${api}/account/totp/confirm`, { code }, access);
    const [recovery] = confirmed.body.recovery_codes ?? [];
    plant("recoveryCode", recovery);
    await ask("POST", `${api}/auth/login`, { email, password, otp: recovery });
    await ask("POST", `${api}/auth/login`, { email, password, otp: recovery });
    await ask("POST", `${api}/auth/password/forgot`, { email });
    const reset = plant("resetToken", await mailed("Set a new password"));
    await ask("POST", `${api}/auth/password/reset`, { token: reset, password: "short" });
    const second = plant("newPassword", "secondPw5wR8yK1zD6fH");
    expect((await ask("POST", `${api}/auth/password/reset`, { token: reset, password: second })).status).toBe(
      200,
    );
    await ask("POST", `${api}/auth/password/reset`, { token: reset, password: second });
    await ask("POST", `/v1/accounts/login`, { email, password: second, otp: secrets.wrongCode });
    await ask("GET", `${api}/users/me`, undefined, access);

    const metrics = await (
      await fetch(`${running.url}/metrics`, { headers: { authorization: `Bearer ${metricsToken}` } })
    ).text();
    const doctor = Bun.spawnSync([await executablePath(), "doctor", "--json"], {
      cwd: "/",
      env: { PATH: process.env.PATH, ...env },
    });
    expect(await running.kill()).toBe(0);
    const tables = await place.inspect(readAll);
    await smtp.stop();

    // Six digits stand in a microsecond or an id by chance: codes are searched for as words.
    const { wrongCode: _, oneTimeCode: __, ...long } = secrets;
    const codesIn = (text: string) =>
      ["wrongCode", "oneTimeCode"].filter((name) => text.includes(`"${secrets[name]}"`));
    const found = (text: string) => [...namesOf(long, text), ...codesIn(text)];
    const { mails, ...places_ } = {
      log: running.output(),
      metrics,
      doctor: doctor.stdout.toString() + doctor.stderr.toString(),
      refusals: refusals.join("\n"),
      tables,
      mails: JSON.stringify(smtp.messages),
    };
    for (const [where, text] of Object.entries(places_))
      expect({ where, found: found(text) }).toEqual({ where, found: [] });
    expect(found(mails).toSorted()).toEqual(["resetToken", "verificationToken"]);

    // It saw what it judges.
    expect(Object.keys(secrets).length).toBeGreaterThanOrEqual(12);
    expect(refusals.length).toBeGreaterThan(10);
    expect(running.output()).toContain('"route":"/api/v1/auth/login"');
    for (const event of [
      "account.registered",
      "session.refused",
      "account.totp_enrolled",
      "account.password_reset",
    ])
      expect(tables).toContain(event);
    expect(metrics).toContain("hashing_seconds_count");
  }, 90_000);
});

/** Every row of every table, jobs included. */
async function readAll({ executeSql }: Database): Promise<string> {
  const { rows } = await executeSql(
    "select schemaname, tablename from pg_tables where schemaname in ('gatehouse', 'gatehouse_jobs') order by 1, 2",
  );
  let text = "";
  for (const { schemaname, tablename } of rows) {
    const { rows: found } = await executeSql(
      `select to_jsonb(t)::text as row from ${schemaname}.${tablename} t`,
    );
    text += found.map(({ row }) => `${tablename} ${row}\n`).join("");
  }
  return text;
}
