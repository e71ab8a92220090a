import { Elysia, t } from "elysia";
import { AppError } from "#/kernel/errors";
import { decodeUtf8, oneOf, parseMediaType, readBytes, unstorableTexts } from "#/kernel/http";
import { readJson } from "#/kernel/http/json-body";

/** Bytes of a form; an address, a password and a code fit many times. */
const maxBytes = 16 * 1024;

export const Login = t.Object({
  email: t.String({ minLength: 1, maxLength: 254, examples: ["ada@example.com"] }),
  password: t.String({ minLength: 1, maxLength: 1024, examples: ["correct horse battery staple"] }),
  scope: t.Optional(oneOf(["user", "dev"], { examples: ["user"] })),
  otp: t.Optional(
    t.String({
      maxLength: 64,
      description: "Of the authenticator app, or a recovery code",
      examples: ["123456"],
    }),
  ),
  session: t.Optional(
    t.Literal("cookie", { description: "The refresh token comes as a cookie instead of a member" }),
  ),
});

/**
 * Used before the route: JSON, or urlencoded as an OAuth 2 client sends it (RFC 6749 §4.3.2), where `username` stands
 * for `email` and an empty member for none.
 */
export const loginBody = new Elysia({ name: "accounts.login-body" }).onParse(
  { as: "scoped" },
  async ({ request }) => {
    const type = parseMediaType(request.headers.get("content-type") ?? "")?.type;
    return type === "application/x-www-form-urlencoded" ? readUrlencoded(request) : readJson(request);
  },
);

async function readUrlencoded(request: Request): Promise<Record<string, string>> {
  const text = decodeUtf8(await readBytes(request, maxBytes));
  if (text === undefined) throw new AppError(400, "malformed_body", "The body is not UTF-8");
  const given = new URLSearchParams(text);
  const members: Record<string, string> = {};
  for (const name of ["email", "password", "scope", "otp", "session"]) {
    const value = given.getAll(name).at(-1);
    if (value) members[name] = value;
  }
  const username = given.getAll("username").at(-1);
  if (username && members.email === undefined) members.email = username;
  const errors = unstorableTexts(members);
  if (errors.length > 0) throw new AppError(422, "invalid", "Some fields need attention", { errors });
  return members;
}
