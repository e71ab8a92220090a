import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Config, ConfigError, loadConfig } from "#/kernel/config";
import { factsOf, type SettingName } from "#/kernel/config/settings";
import { deriveKey } from "#/kernel/crypto";
import { temporaryFolder } from "../support/folder";

type Environment = Record<string, string | undefined>;

const good = "Vw7xqk2nQ0c4m1hTzR8eYbL5sJ9pAfUd";
const other = "hB3gN6vKq9wZ2xC5mT8rP1yL4jF7dS0a";
const fernet = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";

const withRoot = (env: Environment) => loadConfig({ SECRET_KEY: good, ENV: "development", ...env });

function problemsOf(env: Environment): readonly { name: string; problem: string }[] {
  try {
    withRoot(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("with nothing set", () => {
  test("is a development on loopback, with a root secret generated once and kept", () => {
    using folder = temporaryFolder();
    const DATA_DIR = join(folder.path, "data");

    const [first, second] = [loadConfig({ DATA_DIR }), loadConfig({ DATA_DIR })];

    expect(first).toMatchObject({ ENV: "development", production: false, HOST: "127.0.0.1", PORT: 8000 });
    expect(first.trustedProxies).toEqual(["127.0.0.0/8", "::1/128"]);
    expect(first.allowedOrigins).toEqual([]);
    expect(first.rootSecret).toHaveLength(32);
    expect(second.rootSecret).toEqual(first.rootSecret);
    expect(statSync(join(DATA_DIR, "keys")).mode & 0o777).toBe(0o700);
    expect(statSync(join(DATA_DIR, "keys/root")).mode & 0o777).toBe(0o600);
  });

  test("names the data directory when no key can be kept in it", () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "file");
    writeFileSync(file, "");

    expect(() => loadConfig({ DATA_DIR: file })).toThrow(/DATA_DIR must be a folder that can keep keys \(E/);
  });

  test("refuses a damaged key instead of replacing it", () => {
    using folder = temporaryFolder();
    const key = join(folder.path, "keys/root");
    mkdirSync(join(folder.path, "keys"));
    writeFileSync(key, "c2hvcnQ\n");

    expect(() => loadConfig({ DATA_DIR: folder.path })).toThrow(/DATA_DIR .*\(damaged\)/);
    expect(readFileSync(key, "utf8")).toBe("c2hvcnQ\n");
  });
});

describe("the mode", () => {
  test.each([
    ["ENV", { ENV: "production" }, "production", "0.0.0.0"],
    ["FLASK_ENV", { FLASK_ENV: "production" }, "production", "0.0.0.0"],
    ["both alike", { ENV: "prod", FLASK_ENV: "production" }, "production", "0.0.0.0"],
    ["a staging, which is as public", { ENV: "staging" }, "production", "0.0.0.0"],
    ["a root secret alone", {}, "production", "0.0.0.0"],
    ["a root secret on loopback", { HOST: "127.0.0.1" }, "production", "127.0.0.1"],
    ["development", { ENV: "development" }, "development", "127.0.0.1"],
    ["test", { ENV: "testing" }, "test", "127.0.0.1"],
    ["an own host", { ENV: "Development", HOST: "::1" }, "development", "::1"],
  ])("follows from %s", (_, env, mode, host) => {
    const config = loadConfig({ SECRET_KEY: good, ...(env as Environment) });

    expect<string>(config.ENV).toBe(mode);
    expect(config.production).toBe(mode === "production");
    expect(config.HOST).toBe(host);
  });

  test("without a root secret is production as soon as others can reach it", () => {
    expect(() => loadConfig({ HOST: "0.0.0.0" })).toThrow(/SECRET_KEY must be set in production.*assumed/);
  });

  test("stops where ENV and FLASK_ENV contradict each other", () => {
    expect(problemsOf({ FLASK_ENV: "production" }).map(({ name }) => name)).toEqual(["ENV"]);
  });
});

describe("each setting", () => {
  const read: [Environment, Partial<Config>][] = [
    [{ PORT: "0" }, { PORT: 0 }],
    [{ DATABASE_URL: "postgresql+asyncpg://u:p@h/n" }, { DATABASE_URL: "postgresql://u:p@h/n" }],
    [{ DATABASE_URL: "postgres+psycopg2://h/n" }, { DATABASE_URL: "postgresql://h/n" }],
    [{ DATABASE_URL: "postgres://h/n" }, { DATABASE_URL: "postgresql://h/n" }],
    [{ DATABASE_URL: "postgresql://u@a:1,b:2/n?x=y" }, { DATABASE_URL: "postgresql://u@a:1,b:2/n?x=y" }],
    [{ DATABASE_URL: "postgresql:///n?host=/run/pg" }, { DATABASE_URL: "postgresql:///n?host=/run/pg" }],
    [{ PUBLIC_URL: "https://Example.com/" }, { PUBLIC_URL: "https://example.com" }],
    [{ LOG_LEVEL: "WARNING" }, { LOG_LEVEL: "warn" }],
    [{ LOG_LEVEL: "CRITICAL" }, { LOG_LEVEL: "error" }],
    [{ LOG_LEVEL: "Debug" }, { LOG_LEVEL: "debug" }],
    [
      { CORS_ALLOWED_ORIGINS: "https://a.example, http://b:80/" },
      { allowedOrigins: ["https://a.example", "http://b"] },
    ],
    [{ CORS_ALLOW_ORIGINS: '["https://*.A.example","*"]' }, { allowedOrigins: ["https://*.a.example", "*"] }],
    [
      {
        CORS_ALLOWED_ORIGINS: "https://a.example",
        CORS_ALLOW_ORIGINS: "https://b.example,https://a.example",
      },
      { allowedOrigins: ["https://a.example", "https://b.example"] },
    ],
    [{ TRUSTED_PROXIES: "10.0.0.0/8, ::1" }, { trustedProxies: ["10.0.0.0/8", "::1"] }],
    [{ TRUSTED_PROXIES: "none" }, { trustedProxies: [] }],
    [{ TRUSTED_PROXIES: "loopback", HOST: "0.0.0.0" }, { trustedProxies: ["127.0.0.0/8", "::1/128"] }],
    [{ HOST: "0.0.0.0" }, { trustedProxies: [] }],
    [{ SMTP_URL: "smtps://u:p@mail.example:465" }, { SMTP_URL: "smtps://u:p@mail.example:465" }],
    [{ MAIL_FROM: "Site <a@b.example>" }, { MAIL_FROM: "Site <a@b.example>" }],
    [{ NOTIFY_EMAIL: "a@b.example, c@d.example" }, { NOTIFY_EMAIL: ["a@b.example", "c@d.example"] }],
    [{ FORMS_OWNER_ADDRESS: "a@b.example" }, { FORMS_OWNER_ADDRESS: "a@b.example" }],
    [{ RATE_LIMIT: "False" }, { RATE_LIMIT: "off" }],
    [{ RATE_LIMIT_ALLOW: "192.0.2.1" }, { RATE_LIMIT_ALLOW: ["192.0.2.1"] }],
    [{ CONTROL_SOCKET: "/run/g.sock" }, { CONTROL_SOCKET: "/run/g.sock" }],
    [{ FORMS_CONFIRMATION: "contact, pilot_request" }, { FORMS_CONFIRMATION: ["contact", "pilot_request"] }],
    [{ FORMS_QUEUE: "7" }, { FORMS_QUEUE: 7 }],
    [{ FORMS_DUPLICATE_WINDOW: "2m" }, { FORMS_DUPLICATE_WINDOW: 120 }],
    [{ FORMS_DUPLICATE_WINDOW: "off" }, { FORMS_DUPLICATE_WINDOW: 0 }],
    [{ FORMS_RATE_CLIENT: "5/1h" }, { FORMS_RATE_CLIENT: { points: 5, seconds: 3600 } }],
    [{ FORMS_RATE_CLIENT_FORM: "off" }, { FORMS_RATE_CLIENT_FORM: { points: 0, seconds: 60 } }],
    [{ METRICS_TOKEN: "token" }, { METRICS_TOKEN: "token" }],
    [{ JWT_ACCESS_TOKEN_EXPIRES: "900" }, { JWT_ACCESS_TOKEN_EXPIRES: 900 }],
    [{ ACCESS_TOKEN_EXPIRE_MINUTES: "30" }, { ACCESS_TOKEN_EXPIRE_MINUTES: 30 }],
    [{ AWS_DEFAULT_REGION: "eu-west-1" }, { AWS_DEFAULT_REGION: "eu-west-1" }],
    [{ REDIS_URL: "redis://:p@h:6379/0" }, { REDIS_URL: "redis://:p@h:6379/0" }],
  ];
  test.each(read)("reads %p", (env, expected) => {
    expect(withRoot(env)).toMatchObject(expected as Record<string, unknown>);
  });

  const wrong: [Environment][] = [
    [{ ENV: "prodution" }],
    [{ PORT: "65536" }],
    [{ PORT: "8e3" }],
    [{ PORT: "-1" }],
    [{ HOST: "http://x" }],
    [{ HOST: "127.0.0.1:80" }],
    [{ PUBLIC_URL: "example.com" }],
    [{ PUBLIC_URL: "https://u:p@example.com" }],
    [{ PUBLIC_URL: "https://example.com/?a" }],
    [{ DATABASE_URL: "sqlite:///site.db" }],
    [{ DATABASE_URL: "postgresql://u:p#p@h/n" }],
    [{ LOG_LEVEL: "loud" }],
    [{ LOG_LEVEL: "constructor" }],
    [{ CORS_ALLOWED_ORIGINS: "example.com" }],
    [{ CORS_ALLOWED_ORIGINS: "https://example.com/path" }],
    [{ CORS_ALLOWED_ORIGINS: "https://a.*.example" }],
    [{ CORS_ALLOW_ORIGINS: '["https://a.example"' }],
    [{ CORS_ALLOW_ORIGINS: "null" }],
    [{ TRUSTED_PROXIES: "10.0.0.0/33" }],
    [{ TRUSTED_PROXIES: "*" }],
    [{ SMTP_URL: "mail.example:25" }],
    [{ MAIL_FROM: "Site <a@b.example>\r\nBcc: x@y.example" }],
    [{ MAIL_FROM: "Site\r\nBcc: x@y.example <a@b.example>" }],
    [{ MAIL_FROM: "Site" }],
    [{ NOTIFY_EMAIL: "a@b.example, c" }],
    [{ FORMS_OWNER_ADDRESS: "a@b, c@d" }],
    [{ RATE_LIMIT: "perhaps" }],
    [{ CONTROL_SOCKET: `/${"x".repeat(107)}` }],
    [{ FORMS_CONFIRMATION: "Contact form" }],
    [{ FORMS_QUEUE: "0" }],
    [{ FORMS_DUPLICATE_WINDOW: "10 s" }],
    [{ FORMS_RATE_CLIENT: "10" }],
    [{ FORMS_RATE_ATTEMPTS: "0/60s" }],
    [{ JWT_REFRESH_TOKEN_EXPIRES: "0" }],
    [{ ENCRYPTION_KEY: "not 32 bytes" }],
    [{ REDIS_URL: "http://h" }],
  ];
  test.each(wrong)("refuses %p in words that are the same for every value", (env) => {
    const [name = ""] = Object.keys(env);

    const { must } = factsOf(name as SettingName);

    expect(problemsOf(env)).toContainEqual({ name, problem: `must be ${must}` });
  });

  test("counts as unset where it is empty or blank", () => {
    const config = withRoot({
      PORT: "",
      ENV: "test",
      FLASK_ENV: "  ",
      DATABASE_URL: "",
      JWT_SECRET_KEY: " ",
    });

    expect(config).toMatchObject({ PORT: 8000, ENV: "test" });
    expect(config.DATABASE_URL).toBeUndefined();
    expect(config.sources).toMatchObject({
      PORT: "default",
      DATABASE_URL: "unset",
      SECRET_KEY: "environment",
    });
  });

  test("is listed with all others that are wrong", () => {
    const problems = problemsOf({ PORT: "x", LOG_LEVEL: "y", FORMS_QUEUE: "z", FLASK_ENV: "production" });

    expect(problems.map(({ name }) => name).toSorted()).toEqual(["ENV", "FORMS_QUEUE", "LOG_LEVEL", "PORT"]);
  });
});

describe("a secret", () => {
  test("comes from a file, without the line break at its end, and says so", () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "secret");
    writeFileSync(file, `${other}\n`);

    const config = loadConfig({ ENV: "production", SECRET_KEY_FILE: file });

    expect(Buffer.from(config.rootSecret).toString()).toBe(other);
    expect(config.sources.SECRET_KEY).toBe("file");
  });

  test("comes from a systemd credential", () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, "SECRET_KEY"), other);
    writeFileSync(join(folder.path, "unrelated"), "x");

    const config = loadConfig({ ENV: "production", CREDENTIALS_DIRECTORY: folder.path });

    expect(Buffer.from(config.rootSecret).toString()).toBe(other);
    expect(config.sources.SECRET_KEY).toBe("credential");
  });

  test("stops the start where two sources give it, whatever they hold", () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "SECRET_KEY");
    writeFileSync(file, good);

    expect(problemsOf({ SECRET_KEY_FILE: file })).toEqual([
      { name: "SECRET_KEY", problem: "is set twice: environment and file; keep one" },
    ]);
    expect(problemsOf({ CREDENTIALS_DIRECTORY: folder.path })).toEqual([
      { name: "SECRET_KEY", problem: "is set twice: environment and credential; keep one" },
    ]);
  });

  test("stops the start where its file is missing, empty or no file", () => {
    using folder = temporaryFolder();
    const empty = join(folder.path, "empty");
    writeFileSync(empty, "\n");

    for (const SMTP_URL_FILE of [join(folder.path, "absent"), empty, folder.path, "/dev/zero"]) {
      const problems = problemsOf({ SMTP_URL_FILE });

      expect(problems.map(({ name }) => name)).toEqual(["SMTP_URL_FILE"]);
      expect(problems[0]?.problem).not.toContain(SMTP_URL_FILE);
    }
  });

  test("is gone from the environment afterwards, also when the start is refused", () => {
    const env: Environment = {
      SECRET_KEY: good,
      DATABASE_URL: "postgresql://u:p@h/n",
      ENV: "test",
      PORT: "8001",
    };
    const refused: Environment = { ...env, PORT: "x" };

    loadConfig(env);
    expect(() => loadConfig(refused)).toThrow(ConfigError);

    expect(env).toEqual({ ENV: "test", PORT: "8001" });
    expect(refused).toEqual({ ENV: "test", PORT: "x" });
  });
});

describe("the root secret", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  test("is the first of the three that is set; the others are used as they are", () => {
    const config = loadConfig({ SECRET_KEY: good, JWT_SECRET_KEY: other, ENCRYPTION_KEY: fernet });

    expect(config.rootSecret).toEqual(bytes(good));
    expect(config.jwtSecret).toEqual(bytes(other));
    expect(Buffer.from(config.encryptionKey)).toEqual(Buffer.from(fernet, "base64url"));
  });

  test("gives the others where they are absent", () => {
    const config = loadConfig({ JWT_SECRET_KEY: other });

    expect(config.rootSecret).toEqual(bytes(other));
    expect(config.jwtSecret).toEqual(bytes(other));
    expect(config.encryptionKey).toEqual(deriveKey(bytes(other), "ENCRYPTION_KEY"));
  });

  test("may be an existing Fernet key", () => {
    const config = loadConfig({ ENCRYPTION_KEY: fernet });

    expect(Buffer.from(config.rootSecret)).toEqual(Buffer.from(fernet, "base64url"));
    expect(config.jwtSecret).toEqual(deriveKey(config.rootSecret, "JWT_SECRET_KEY"));
  });

  test("outside production is generated where only a sample is set, which is named", () => {
    using folder = temporaryFolder();

    const config = loadConfig({ ENV: "development", SECRET_KEY: "your-secret-key", DATA_DIR: folder.path });

    expect(config.rootSecret).toHaveLength(32);
    expect(config.placeholders).toEqual(["SECRET_KEY"]);
  });
});

test.each(["your-api-key", "your_api_key", "<token>", "changeme", "xxxxxxxx"])(
  "a vendor's key that holds %p counts as not set and is named",
  (sample) => {
    const config = withRoot({ SENDGRID_API_KEY: sample, HUBSPOT_API_KEY: "pat-eu1-real", SMTP_URL: "" });

    expect(config.SENDGRID_API_KEY).toBeUndefined();
    expect(config.HUBSPOT_API_KEY).toBe("pat-eu1-real");
    expect(config.placeholders).toEqual(["SENDGRID_API_KEY"]);
  },
);
