import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runGatehouse } from "../support/command";
import { temporaryFolder } from "../support/folder";

/** Loads the configuration in a process of its own, in an empty folder. */
async function start(env: Record<string, string>, cwd: string) {
  return runGatehouse([], { env, cwd, script: "test/support/load-config-command.ts" });
}

const good = "Vw7xqk2nQ0c4m1hTzR8eYbL5sJ9pAfUd";
const short = "Zp3kTqX9w";
const sample = "your-secret-key-change-in-production-please";

const matrix: { title: string; env: Record<string, string>; names: string[] }[] = [
  { title: "no root secret", env: { ENV: "production" }, names: ["SECRET_KEY"] },
  { title: "no root secret by FLASK_ENV", env: { FLASK_ENV: "production" }, names: ["SECRET_KEY"] },
  { title: "an empty root secret", env: { ENV: "production", SECRET_KEY: "" }, names: ["SECRET_KEY"] },
  { title: "a short SECRET_KEY", env: { ENV: "production", SECRET_KEY: short }, names: ["SECRET_KEY"] },
  { title: "a short SECRET_KEY without ENV", env: { SECRET_KEY: short }, names: ["SECRET_KEY"] },
  {
    title: "a short JWT_SECRET_KEY",
    env: { ENV: "production", JWT_SECRET_KEY: short },
    names: ["JWT_SECRET_KEY"],
  },
  {
    title: "a short JWT_SECRET_KEY beside a good root",
    env: { ENV: "production", SECRET_KEY: good, JWT_SECRET_KEY: short },
    names: ["JWT_SECRET_KEY"],
  },
  {
    title: "an ENCRYPTION_KEY of another form",
    env: { ENV: "production", ENCRYPTION_KEY: good },
    names: ["ENCRYPTION_KEY"],
  },
  { title: "a sample", env: { ENV: "production", SECRET_KEY: sample }, names: ["SECRET_KEY"] },
  { title: "a sample without ENV", env: { SECRET_KEY: sample }, names: ["SECRET_KEY"] },
  {
    title: "the key of FastAPI's tutorial",
    env: {
      ENV: "production",
      SECRET_KEY: "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    },
    names: ["SECRET_KEY"],
  },
  {
    title: "one letter repeated",
    env: { ENV: "production", SECRET_KEY: "k".repeat(64) },
    names: ["SECRET_KEY"],
  },
  {
    title: "a group repeated",
    env: { ENV: "production", SECRET_KEY: "kQ7z".repeat(12) },
    names: ["SECRET_KEY"],
  },
  {
    title: "one byte repeated",
    env: { ENV: "production", ENCRYPTION_KEY: Buffer.alloc(32, 7).toString("base64") },
    names: ["ENCRYPTION_KEY"],
  },
  {
    title: "a known master code",
    env: { ENV: "production", SECRET_KEY: good, DEV_MASTER_OTP: "000000" },
    names: ["DEV_MASTER_OTP"],
  },
  {
    title: "contradicting modes",
    env: { ENV: "development", FLASK_ENV: "production", SECRET_KEY: good },
    names: ["ENV", "FLASK_ENV"],
  },
  {
    title: "contradicting modes, a short secret and three wrong settings at once",
    env: {
      ENV: "production",
      FLASK_ENV: "development",
      JWT_SECRET_KEY: short,
      DATABASE_URL: "sqlite:///planted-database.db",
      SMTP_URL: "smtp//planted:hunter2@mail",
      CORS_ALLOWED_ORIGINS: "planted.example",
    },
    names: ["ENV", "JWT_SECRET_KEY", "DATABASE_URL", "SMTP_URL", "CORS_ALLOWED_ORIGINS"],
  },
];

describe("a start is refused with 78, the names and no value, on", () => {
  test.each(matrix)("$title", async ({ env, names }) => {
    using folder = temporaryFolder();

    const { code, stdout, stderr } = await start(env, folder.path);

    expect({ code, stdout }).toEqual({ code: 78, stdout: "" });
    for (const name of names) expect(stderr).toMatch(new RegExp(`\\b${name}\\b`));
    const planted = Object.values(env).filter(
      (value) => value.length > 8 && !/^(production|development)$/.test(value),
    );
    for (const value of [...planted, "planted", "hunter2"]) expect(stderr).not.toContain(value);
    expect(stderr).not.toContain("    at ");
  });

  test("a planted secret in a file and in the environment", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "secret");
    writeFileSync(file, good);

    const { code, stderr } = await start({ SECRET_KEY: sample, SECRET_KEY_FILE: file }, folder.path);

    expect(code).toBe(78);
    expect(stderr).toContain("SECRET_KEY is set twice");
    for (const value of [good, sample, file]) expect(stderr).not.toContain(value);
  });
});

test("a good root secret starts in production, and no secret stays in the environment", async () => {
  using folder = temporaryFolder();

  const { code, stdout } = await start({ ENV: "production", SECRET_KEY: good }, folder.path);

  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ ENV: "production", HOST: "0.0.0.0" });
  expect(stdout).not.toContain(good);
});
