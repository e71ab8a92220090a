import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { settingNames } from "#/kernel/config/settings";
import type { ShownSetting } from "#/kernel/config/show-settings";
import type { Finding } from "#/kernel/probes";
import { runProbes } from "#/kernel/probes";
import { runGatehouse } from "../support/command";
import { temporaryFolder } from "../support/folder";

setDefaultTimeout(30_000);

const good = "Vw7xqk2nQ0c4m1hTzR8eYbL5sJ9pAfUd";

async function examine(env: Record<string, string>) {
  using folder = temporaryFolder();
  const { code, stdout } = await runGatehouse(["doctor", "--json"], { env, cwd: folder.path });
  const { ok, settings, findings } = JSON.parse(stdout);
  const state = (name: string) => (findings as Finding[]).find((finding) => finding.name === name);
  const setting = (name: string) => (settings as ShownSetting[]).find((shown) => shown.name === name);
  return { code, ok, state, setting, settings };
}

test("shows every setting with its origin, and ends with 0 where nothing is broken", async () => {
  const { code, ok, settings, setting } = await examine({ PORT: "8123", AWS_SECRET_ACCESS_KEY: "real" });

  expect({ code, ok }).toEqual({ code: 0, ok: true });
  expect(settings.map(({ name }: { name: string }) => name)).toEqual([...settingNames]);
  expect(setting("PORT")).toEqual({ name: "PORT", source: "environment", value: "8123" });
  expect(setting("LOG_LEVEL")).toEqual({ name: "LOG_LEVEL", source: "default", value: "info" });
  expect(setting("DATABASE_URL")).toEqual({ name: "DATABASE_URL", source: "unset" });
  expect(setting("AWS_SECRET_ACCESS_KEY")).toMatchObject({ length: "under 16 bytes", later: true });
});

test("shows of secrets the origin and a class of length, in both forms, and nothing more", async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "jwt");
  const planted = {
    SECRET_KEY: good,
    DATABASE_URL: "postgresql+asyncpg://planted:hunter2@db/name",
    SMTP_URL: "smtps://planted:hunter3@mail",
    GITHUB_APP_PRIVATE_KEY: "-----BEGIN planted-----",
    DEV_MASTER_OTP: "839201",
    METRICS_TOKEN: "pl4nted",
  };
  writeFileSync(file, "hB3gN6vKq9wZ2xC5mT8rP1yL4jF7dS0a");
  const env = {
    ...planted,
    JWT_SECRET_KEY_FILE: file,
    SMTP_URLL: "hunter4",
    ENV: "production",
    PORT: "wrong",
  };

  const outputs = await Promise.all([
    runGatehouse(["doctor"], { env, cwd: folder.path }),
    runGatehouse(["doctor", "--json"], { env, cwd: folder.path }),
  ]);

  for (const { stdout, stderr, code } of outputs) {
    expect(code).toBe(1);
    expect(stdout).toContain("32 bytes or more");
    for (const value of [...Object.values(planted), "hB3g", "planted", "hunter"]) {
      expect(stdout + stderr).not.toContain(value);
    }
  }
  expect(outputs[0]?.stdout).toMatch(/^ {2}JWT_SECRET_KEY +file +\(secret, 32 bytes or more\)$/m);
  expect(outputs[0]?.stdout).toMatch(/^ {2}BROKEN +configuration: PORT must be/m);
});

describe("looks at", () => {
  const production = { ENV: "production", SECRET_KEY: good };
  const nowhere = { HUBSPOT_BASE_URL: "http://127.0.0.1:1" };
  const sendgrid = { SMTP_URL: "", SENDGRID_API_KEY: "SG.real", SENDGRID_BASE_URL: "http://127.0.0.1:1" };
  const told = { NOTIFY_EMAIL: "a@b.example", SMTP_URL: "smtp://mail", MAIL_FROM: "c@d.example" };
  const cases: { name: string; env: Record<string, string>; state: string; detail: string }[] = [
    { name: "root secret", env: production, state: "ok", detail: "SECRET_KEY, from environment" },
    { name: "root secret", env: { ENV: "production" }, state: "broken", detail: "none is set" },
    {
      name: "root secret",
      env: { ENV: "development", JWT_SECRET_KEY: "short" },
      state: "warning",
      detail: "JWT_SECRET_KEY must be 32",
    },
    { name: "root secret", env: {}, state: "ok", detail: "generated into the data directory" },
    { name: "public address", env: production, state: "warning", detail: "PUBLIC_URL is not set" },
    {
      name: "public address",
      env: { ...production, PUBLIC_URL: "http://x.example" },
      state: "warning",
      detail: "not https",
    },
    {
      name: "public address",
      env: { ...production, PUBLIC_URL: "https://x.example" },
      state: "ok",
      detail: "https://x.example",
    },
    { name: "public address", env: {}, state: "ok", detail: "PUBLIC_URL is not set" },
    { name: "proxies", env: production, state: "warning", detail: "TRUSTED_PROXIES is not set" },
    { name: "proxies", env: { ...production, HOST: "127.0.0.1" }, state: "ok", detail: "loopback" },
    { name: "proxies", env: { ...production, TRUSTED_PROXIES: "none" }, state: "ok", detail: "none, as set" },
    { name: "origins", env: production, state: "warning", detail: "open mode" },
    {
      name: "origins",
      env: { ...production, CORS_ALLOW_ORIGINS: "*" },
      state: "warning",
      detail: "open mode",
    },
    {
      name: "origins",
      env: { ...production, CORS_ALLOW_ORIGINS: "https://x.example" },
      state: "ok",
      detail: "https://x.example",
    },
    { name: "notification", env: {}, state: "warning", detail: "NOTIFY_EMAIL, SMTP_URL; nobody is told" },
    { name: "notification", env: { ...told, MAIL_FROM: "" }, state: "warning", detail: "MAIL_FROM" },
    { name: "notification", env: told, state: "ok", detail: "by mail" },
    { name: "notification", env: { ...told, ...sendgrid }, state: "ok", detail: "by mail" },
    {
      name: "notification",
      env: { ...told, MAIL_TRANSPORT: "sendgrid" },
      state: "warning",
      detail: "SENDGRID_API_KEY; nobody is told",
    },
    { name: "addresses of accounts", env: sendgrid, state: "ok", detail: "confirmed by mail" },
    { name: "mail", env: { ...told, ...sendgrid }, state: "broken", detail: "sendgrid: connection" },
    { name: "DKIM", env: { ...told, ...sendgrid }, state: "ok", detail: "d.example is a name for examples" },
    {
      name: "HubSpot key",
      env: { ...nowhere, HUBSPOT_API_KEY: "0199f3c2-5b1e-7000-8000-0000000000a1" },
      state: "warning",
      detail: "looks like a hapikey",
    },
    {
      name: "crm",
      env: { ...nowhere, HUBSPOT_API_KEY: "pat-eu1-real" },
      state: "broken",
      detail: "hubspot: connection",
    },
    { name: "crm", env: {}, state: "ok", detail: "none is configured" },
    { name: "captcha", env: {}, state: "ok", detail: "only the built-in check" },
    {
      name: "captcha",
      env: { TURNSTILE_SECRET_KEY: "0x4AAA", RECAPTCHA_SECRET_KEY: "your-secret" },
      state: "ok",
      detail: "turnstile, beside",
    },
    { name: "chat", env: {}, state: "ok", detail: "SLACK_WEBHOOK_URL is not set" },
    {
      name: "chat",
      env: { SLACK_WEBHOOK_URL: "https://hooks.slack.com/a" },
      state: "ok",
      detail: "is set: alerts",
    },
    { name: "vendor addresses", env: production, state: "ok", detail: "all https" },
    {
      name: "vendor addresses",
      env: {
        ...production,
        HUBSPOT_BASE_URL: "http://crm.internal",
        SLACK_WEBHOOK_URL: "http://chat/planted",
      },
      state: "warning",
      detail: "in the clear: HUBSPOT_BASE_URL, SLACK_WEBHOOK_URL",
    },
    {
      name: "vendor addresses",
      env: { HUBSPOT_BASE_URL: "http://127.0.0.1:9" },
      state: "ok",
      detail: "HUBSPOT_BASE_URL",
    },
    {
      name: "waitlist",
      env: { ...production, ...told, WAITLIST_CONFIRM: "off" },
      state: "warning",
      detail: "whoever posts an address is told whether it is on the list",
    },
    { name: "waitlist", env: production, state: "warning", detail: "is told whether it is on the list" },
    {
      name: "waitlist",
      env: { ...production, WAITLIST_CONFIRM: "on" },
      state: "warning",
      detail: "no mail can be sent",
    },
    { name: "waitlist", env: { ...production, ...told }, state: "ok", detail: "confirmed by mail" },
    {
      name: "rate limits",
      env: { ...production, RATE_LIMIT: "off" },
      state: "warning",
      detail: "RATE_LIMIT is off",
    },
    { name: "rate limits", env: { RATE_LIMIT: "off" }, state: "ok", detail: "RATE_LIMIT is off" },
    {
      name: "one-time codes",
      env: {},
      state: "warning",
      detail: "000000 opens the scope dev from this machine",
    },
    {
      name: "one-time codes",
      env: { DEV_MASTER_OTP: "482913" },
      state: "ok",
      detail: "to accounts without an authenticator app",
    },
    { name: "one-time codes", env: production, state: "ok", detail: "needs an authenticator app" },
    { name: "addresses of accounts", env: production, state: "warning", detail: "not confirmed" },
    {
      name: "addresses of accounts",
      env: { REQUIRE_VERIFIED_EMAIL: "false" },
      state: "ok",
      detail: "not confirmed",
    },
    {
      name: "sample values",
      env: { HUBSPOT_API_KEY: "your-key" },
      state: "warning",
      detail: "HUBSPOT_API_KEY",
    },
    {
      name: "spelling",
      env: { SMTP_URI: "x", CORS_ALLOWED_ORIGIN: "x", HOME: "/", SECRET_KEY_FILES: "x" },
      state: "warning",
      detail:
        "SMTP_URI is not read; SMTP_URL is; CORS_ALLOWED_ORIGIN is not read; CORS_ALLOWED_ORIGINS is; SECRET_KEY_FILES is not read; SECRET_KEY_FILE is",
    },
    {
      name: "spelling",
      env: { HOME: "/", SHELL: "sh", USER: "x", LANG: "C" },
      state: "ok",
      detail: "no variable",
    },
    { name: "later settings", env: { REDIS_URL: "redis://h" }, state: "warning", detail: "REDIS_URL" },
    { name: "configuration", env: { PORT: "x" }, state: "broken", detail: "PORT must be" },
  ];
  test.each(cases)("$name: $state on $env", async ({ name, env, state, detail }) => {
    const seen = await examine(env);

    expect(seen.state(name)).toMatchObject({ state, detail: expect.stringContaining(detail) });
    expect(seen.code).toBe(seen.ok ? 0 : 1);
  });

  test("the data directory: absent, good, open to all, not a folder", async () => {
    using folder = temporaryFolder();
    const [absent, kept, open, file] = ["absent/deeper", "kept", "open", "file"].map((name) =>
      join(folder.path, name),
    );
    mkdirSync(kept!, { mode: 0o700 });
    mkdirSync(open!);
    chmodSync(open!, 0o755);
    writeFileSync(file!, "");

    const states = await Promise.all(
      [absent, kept, open, file].map(async (path) =>
        (await examine({ DATA_DIR: path! })).state("data directory"),
      ),
    );

    expect(states).toMatchObject([
      { state: "ok", detail: expect.stringContaining("is made at the first start") },
      { state: "ok", detail: expect.stringMatching(/\(0700\); \d+ MB free/) },
      { state: "warning", detail: expect.stringContaining("open to every user") },
      { state: "broken", detail: expect.stringContaining("is not a folder") },
    ]);
  });
});

test("a probe that throws or hangs is broken, without its message, and stops no other", async () => {
  const findings = await runProbes(
    [
      { name: "throws", probe: () => Promise.reject(new RangeError("hunter2")) },
      { name: "hangs", probe: () => new Promise(() => {}) },
      { name: "warns", probe: async () => ({ ok: true, warning: true, detail: "slow" }) },
    ],
    20,
  );

  expect(findings).toEqual([
    { name: "throws", state: "broken", detail: "failed with RangeError" },
    { name: "hangs", state: "broken", detail: "no answer in 20 ms" },
    { name: "warns", state: "warning", detail: "slow" },
  ]);
});
