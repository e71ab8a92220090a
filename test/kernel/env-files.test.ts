import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runGatehouse } from "../support/command";
import { temporaryFolder } from "../support/folder";

const secret = "Vw7xqk2nQ0c4m1hTzR8eYbL5sJ9pAfUd";

/** As the five systems that Gatehouse takes over from have them, and what follows from each. */
const files: { system: string; text: string; expected: object }[] = [
  {
    system: "a company's site (Flask)",
    text: `
FLASK_ENV=production
SECRET_KEY=${secret}
CORS_ALLOWED_ORIGINS=https://www.example.com,https://example.com
HUBSPOT_API_KEY=your-hubspot-key
SENDGRID_API_KEY=your-sendgrid-key
CONTENTFUL_SPACE_ID=your-space-id
CONTENTFUL_ACCESS_TOKEN=your-access-token
RECAPTCHA_SECRET_KEY=
`,
    expected: {
      ENV: "production",
      allowedOrigins: ["https://www.example.com", "https://example.com"],
      placeholders: ["SENDGRID_API_KEY", "HUBSPOT_API_KEY", "CONTENTFUL_SPACE_ID", "CONTENTFUL_ACCESS_TOKEN"],
    },
  },
  {
    system: "a portal (FastAPI)",
    text: `
ENV=development
DATABASE_URL="postgresql+asyncpg://portal:portal@localhost:5432/portal"
JWT_SECRET_KEY=${secret}
ACCESS_TOKEN_EXPIRE_MINUTES=15
REFRESH_TOKEN_EXPIRE_MINUTES=43200
CORS_ALLOW_ORIGINS='["http://localhost:3000","http://localhost:5173"]'
DEV_MASTER_OTP=000000
LOG_LEVEL=INFO
REDIS_URL=redis://localhost:6379/0
`,
    expected: {
      ENV: "development",
      HOST: "127.0.0.1",
      LOG_LEVEL: "info",
      allowedOrigins: ["http://localhost:3000", "http://localhost:5173"],
      sources: { DATABASE_URL: "environment", REDIS_URL: "environment" },
    },
  },
  {
    system: "uploads and analysis (Flask, AWS)",
    text: `
# copied from the sample, never filled in
FLASK_ENV=development
SECRET_KEY=your-secret-key
AWS_ACCESS_KEY_ID=your-access-key-id
AWS_SECRET_ACCESS_KEY=your-secret-access-key
AWS_DEFAULT_REGION=us-east-1
S3_BUCKET_UPLOADS=your-uploads-bucket
S3_BUCKET_PROCESSED=your-processed-bucket
LOG_LEVEL=WARNING
`,
    expected: {
      ENV: "development",
      LOG_LEVEL: "warn",
      sources: { AWS_DEFAULT_REGION: "environment" },
      placeholders: [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "S3_BUCKET_UPLOADS",
        "S3_BUCKET_PROCESSED",
        "SECRET_KEY",
      ],
    },
  },
  {
    system: "publishing (Flask)",
    text: `
FLASK_ENV=production
DATABASE_URL=postgresql+psycopg2://publisher:pw@db:5432/publishing
JWT_SECRET_KEY=${secret}
JWT_ACCESS_TOKEN_EXPIRES=3600
JWT_REFRESH_TOKEN_EXPIRES=2592000
SENDGRID_API_KEY=SG.Xh29fKw0
AWS_REGION=eu-central-1
S3_BUCKET_ASSETS=publisher-images
WHITELISTED_EMAILS=editor@example.com,@example.org
`,
    expected: { ENV: "production", HOST: "0.0.0.0", placeholders: [], sources: { SECRET_KEY: "unset" } },
  },
  {
    system: "runners (FastAPI)",
    text: `
ENV=production
DATABASE_URL=postgresql+asyncpg://runners:pw@db/runners
ENCRYPTION_KEY=cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=
GITHUB_CLIENT_ID=Iv1.0123456789abcdef
GITHUB_CLIENT_SECRET=8f2b0c91d7
GITHUB_APP_ID=123456
GITHUB_APP_PRIVATE_KEY="-----BEGIN RSA PRIVATE KEY-----\\nMIIE\\n-----END RSA PRIVATE KEY-----"
GITHUB_WEBHOOK_SECRET=f0a93c51
ECS_CLUSTER=runners
ECS_TASK_DEFINITION=runner:12
SQS_QUEUE_URL=https://sqs.eu-central-1.amazonaws.com/123456789012/jobs
LOG_LEVEL=CRITICAL
`,
    expected: { ENV: "production", LOG_LEVEL: "error", sources: { ENCRYPTION_KEY: "environment" } },
  },
];

test.each(files)("the existing .env of $system starts unchanged", async ({ text, expected }) => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, ".env"), text);

  const { code, stdout, stderr } = await runGatehouse([], {
    cwd: folder.path,
    script: "test/support/load-config-command.ts",
  });

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject(expected);
});
