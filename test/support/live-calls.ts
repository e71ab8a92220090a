import { Secret, TOTP } from "otpauth";
import type { Role } from "#/modules/accounts/tables";
import { isProtected, leastRole } from "./access";
import { joinWaitlist, optInToken } from "./opt-in";
import type { ParsedMail } from "./parse-mail";
import { bearer, type Person, signIn, type Tokens } from "./people";
import { until } from "./until";

/** A running service, the mails it sent, and people who are handed out once each. */
export type Stage = {
  send(path: string, init?: RequestInit): Promise<Response>;
  mails: readonly ParsedMail[];
  /** Somebody with a confirmed address whom nobody was given before. */
  person(role?: Role): Promise<Person>;
};

/** What must stand in a call in place of its examples: secrets, ids and names that are good now, and once. */
export type Live = {
  path?: Record<string, string>;
  query?: Record<string, string>;
  body?: Record<string, unknown>;
  headers: Record<string, string>;
  /** Whose token it carries. */
  actor?: Person;
};
type Actor = Person & { tokens: Tokens; authorization: Record<string, string> };
type Values = Omit<Live, "headers" | "actor">;
type Operation = { method: string; path: string };

const json = { "content-type": "application/json" };
let made = 0;
const newName = () => `live-${process.pid}-${++made}`;
const newEmail = () => `${newName()}@example.com`;

/** Signs somebody in who may call the operation, and makes what its examples only show. */
export async function prepareCall(stage: Stage, operation: Operation): Promise<Live> {
  const { method, path } = operation;
  const actor = isProtected(method, path) ? await signInAs(stage, leastRole(method, path)) : undefined;
  const values = await preparations[`${method} ${path}`]?.(stage, actor as Actor);
  return { headers: { ...actor?.authorization }, ...values, ...(actor && { actor }) };
}

/** Somebody new, or the one given, signed in; devs with scope `dev`. */
export async function signInAs(stage: Stage, role: Role, again?: Person): Promise<Actor> {
  const person = again ?? (await stage.person(role));
  const how = role === "dev" ? ({ scope: "dev", otp: "000000" } as const) : {};
  const tokens = await signIn({ post: (path, body) => post(stage, path, body) }, person, how);
  return { ...person, tokens, authorization: bearer(tokens) };
}

const post = (stage: Stage, path: string, body: object, headers: Record<string, string> = {}) =>
  stage.send(path, { method: "POST", headers: { ...json, ...headers }, body: JSON.stringify(body) });

/** The token of the newest link mailed to an address. */
export async function mailedToken({ mails }: Pick<Stage, "mails">, email: string): Promise<string> {
  const links = () =>
    mails
      .filter(({ envelope }) => envelope.to.includes(email))
      .flatMap(({ text }) => /\/account\/\w+\/([\w-]{43})/.exec(text)?.[1] ?? []);
  await until(() => links().length > 0, 20);
  return links().at(-1) ?? "";
}

const verifyToken = async (stage: Stage) => {
  const email = newEmail();
  await post(stage, "/api/v1/auth/register", { email, password: "correct horse battery" });
  return mailedToken(stage, email);
};

const resetToken = async (stage: Stage) => {
  const { email } = await stage.person();
  await post(stage, "/api/v1/auth/password/forgot", { email });
  return mailedToken(stage, email);
};

const emailToken = async (stage: Stage) => {
  const { authorization, password } = await signInAs(stage, "user");
  const email = newEmail();
  await stage.send("/api/v1/account/email", {
    method: "PATCH",
    headers: { ...json, ...authorization },
    body: JSON.stringify({ email, password }),
  });
  return mailedToken(stage, email);
};

const publishingToken = async (stage: Stage) => {
  const email = newEmail();
  const username = newName();
  await post(stage, "/v1/accounts/register", { email, username, password: "correct horse battery" });
  return mailedToken(stage, email);
};

async function beginTotp(stage: Stage, { authorization, password }: Actor): Promise<string> {
  const answer = await post(stage, "/api/v1/account/totp", { password }, authorization);
  const { secret } = (await answer.json()) as { secret: string };
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate();
}

/** Enrols an app and answers a recovery code: the code of the app has just been used. */
export async function enrolTotp(stage: Stage, actor: Actor): Promise<string> {
  const code = await beginTotp(stage, actor);
  const answer = await post(stage, "/api/v1/account/totp/confirm", { code }, actor.authorization);
  const { recovery_codes } = (await answer.json()) as { recovery_codes: string[] };
  return recovery_codes[0] ?? "";
}

const somebody = async (stage: Stage) => ({ path: { id: String((await stage.person()).id) } });

/** A message that has just arrived in the inbox, as the team reads it. */
async function message(stage: Stage, { authorization }: Actor) {
  const email = newEmail();
  await post(stage, "/api/contact", { name: "Ada", email, message: `About prices, ${email}` });
  let found: { id: string; version: number } | undefined;
  await until(async () => {
    const answer = await stage.send(`/api/v1/admin/submissions?email=${email}`, { headers: authorization });
    const { items = [] } = (await answer.json()) as { items?: { id: string; version: number }[] };
    found = items[0];
    return found !== undefined;
  }, 20);
  return { path: { id: found?.id ?? "" }, body: { version: found?.version } };
}

async function note(stage: Stage, actor: Actor) {
  const { path } = await message(stage, actor);
  const answer = await post(
    stage,
    `/api/v1/admin/submissions/${path.id}/notes`,
    { text: "Called back." },
    actor.authorization,
  );
  const { id } = (await answer.json()) as { id: string | number };
  return { path: { ...path, note: String(id) } };
}

/** The link that was mailed to somebody who has just asked to be on the waitlist. */
async function confirmToken(stage: Stage): Promise<string> {
  const email = newEmail();
  await post(stage, "/api/v1/waitlist", { email });
  return optInToken(stage, email);
}
const confirmLink = async (stage: Stage) => ({ path: { token: await confirmToken(stage) } });

/** The link to the own place of somebody who is on the waitlist. */
async function statusLink(stage: Stage) {
  const { status_link } = await joinWaitlist(stage, newEmail());
  return { path: { token: status_link.split("/").at(-1) ?? "" } };
}

/** A webhook that was just added. */
async function webhook(stage: Stage, { authorization }: Actor) {
  const wishes = { url: `https://${newName()}.example.com/`, forms: [], events: ["submission.received"] };
  const answer = await post(stage, "/api/v1/admin/webhooks", wishes, authorization);
  const { id, version } = (await answer.json()) as { id: string; version: number };
  return { path: { id }, body: { version } };
}

/** A form that a dev has just added. */
async function form(stage: Stage, actor: Actor) {
  const { authorization } = actor.role === "dev" ? actor : await signInAs(stage, "dev");
  const slug = newName();
  const made = { slug, title: { en: "Feedback" }, fields: [{ name: "message", type: "longtext" }] };
  await post(stage, "/api/v1/admin/forms", made, authorization);
  return { path: { slug } };
}

/** The mail to the owner about a message that has just arrived, delivered. */
async function delivery(stage: Stage, actor: Actor) {
  const { path } = await message(stage, actor);
  const address = `/api/v1/admin/submissions/${path.id}`;
  let id = "";
  await until(async () => {
    const answer = await stage.send(address, { headers: actor.authorization });
    const { deliveries } = (await answer.json()) as { deliveries: { id: string; state: string }[] };
    id = deliveries.find(({ state }) => state === "delivered")?.id ?? "";
    return id !== "";
  }, 20);
  return { path: { id } };
}

/** Pages of links that no mail carries: the first start and the command line print them. */
export const printedLinks = /^\/account\/(setup|enrol)\//;

/** What a vendor signs byte by byte: nobody else can make the call. */
export const signedCalls = /^\/webhooks\//;

/** By method and path of the document. What is not here is good as its examples say. */
const preparations: Record<string, (stage: Stage, actor: Actor) => Promise<Values>> = {
  "POST /api/v1/auth/login": async (stage) => {
    const { email, password } = await stage.person();
    return { body: { email, username: email, password } };
  },
  "POST /api/v1/auth/refresh": async (stage) => {
    const { refresh_token } = (await signInAs(stage, "user")).tokens;
    return { body: { refresh_token } };
  },
  "POST /api/v1/auth/register": async () => ({ body: { email: newEmail() } }),
  "POST /api/v1/auth/verify": async (stage) => ({ body: { token: await verifyToken(stage) } }),
  "POST /api/v1/auth/password/reset": async (stage) => ({ body: { token: await resetToken(stage) } }),
  "POST /api/v1/auth/email/confirm": async (stage) => ({ body: { token: await emailToken(stage) } }),
  "GET /account/verify/{token}": async (stage) => ({ path: { token: await verifyToken(stage) } }),
  "POST /account/verify/{token}": async (stage) => ({ path: { token: await verifyToken(stage) } }),
  "POST /account/reset/{token}": async (stage) => ({ path: { token: await resetToken(stage) } }),
  "POST /account/email/{token}": async (stage) => ({ path: { token: await emailToken(stage) } }),
  "POST /v1/accounts/register": async () => ({ body: { email: newEmail(), username: newName() } }),
  "POST /v1/accounts/login": async (stage) => {
    const { email, password } = await stage.person();
    return { body: { email, password } };
  },
  "GET /v1/accounts/verify/{token}": async (stage) => ({ path: { token: await publishingToken(stage) } }),
  "POST /api/v1/auth/logout": async (_, { tokens }) => ({ body: { refresh_token: tokens.refresh_token } }),
  "DELETE /api/v1/account/sessions/{id}": async (stage, { authorization }) => {
    const answer = await stage.send("/api/v1/account/sessions", { headers: authorization });
    const { items } = (await answer.json()) as { items: { id: number }[] };
    return { path: { id: String(items[0]?.id) } };
  },
  "PATCH /api/v1/account/email": async (_, { password }) => ({ body: { email: newEmail(), password } }),
  "PATCH /api/v1/account/profile": async () => ({ body: { username: newName() } }),
  "PATCH /api/v1/account/password": async (_, { password }) => ({ body: { current_password: password } }),
  "POST /api/v1/account/totp": async (_, { password }) => ({ body: { password } }),
  "POST /api/v1/account/totp/confirm": async (stage, actor) => ({
    body: { code: await beginTotp(stage, actor) },
  }),
  "POST /api/v1/account/totp/recovery-codes": async (stage, actor) => ({
    body: { password: actor.password, otp: await enrolTotp(stage, actor) },
  }),
  "DELETE /api/v1/account/totp": async (stage, actor) => ({
    body: { password: actor.password, otp: await enrolTotp(stage, actor) },
  }),
  "DELETE /api/v1/account": async (_, { password }) => ({ body: { password } }),
  "GET /f/-/confirm/{token}": confirmLink,
  "POST /f/-/confirm/{token}": confirmLink,
  "POST /f/-/confirm/{token}/decline": confirmLink,
  "POST /f/-/confirm/{token}/again": confirmLink,
  "GET /f/-/waitlist/{token}": statusLink,
  "GET /api/v1/admin/submissions/{id}": message,
  "PATCH /api/v1/admin/submissions/{id}": message,
  "DELETE /api/v1/admin/submissions/{id}": message,
  "PUT /api/v1/admin/submissions/{id}/verdict": message,
  "POST /api/v1/admin/submissions/{id}/notes": message,
  "DELETE /api/v1/admin/submissions/{id}/notes/{note}": note,
  "PUT /api/v1/admin/spam/rules": async (stage, { authorization }) => {
    const answer = await stage.send("/api/v1/admin/spam/rules", { headers: authorization });
    const { version } = (await answer.json()) as { version: string };
    return { body: { version } };
  },
  "GET /api/v1/admin/webhooks/{id}": webhook,
  "PATCH /api/v1/admin/webhooks/{id}": webhook,
  "DELETE /api/v1/admin/webhooks/{id}": webhook,
  "POST /api/v1/admin/webhooks/{id}/secrets": async (stage, actor) => ({
    path: (await webhook(stage, actor)).path,
  }),
  "GET /api/v1/admin/forms/{slug}": form,
  "GET /api/v1/admin/forms/{slug}/versions": form,
  "POST /api/v1/admin/forms": async () => ({ body: { slug: newName() } }),
  "PATCH /api/v1/admin/forms/{slug}": form,
  "DELETE /api/v1/admin/forms/{slug}": form,
  "POST /api/v1/admin/forms/{slug}/explanations": form,
  "GET /api/v1/admin/deliveries/{id}": delivery,
  "POST /api/v1/admin/deliveries/{id}/replays": async (stage, actor) => ({
    ...(await delivery(stage, actor)),
    body: { again: true },
  }),
  "GET /api/v1/admin/users/{id}": somebody,
  "PATCH /api/v1/admin/users/{id}": async (stage) => ({
    ...(await somebody(stage)),
    body: { username: newName() },
  }),
  "POST /api/v1/admin/users/{id}/sign-out": somebody,
  "POST /api/v1/admin/users/{id}/send-reset": somebody,
  "POST /api/v1/admin/users/{id}/reset-totp": somebody,
  "POST /api/v1/admin/allowed-emails": async () => ({ body: { pattern: newEmail() } }),
  "DELETE /api/v1/admin/allowed-emails": async (stage, { authorization }) => {
    const pattern = newEmail();
    await post(stage, "/api/v1/admin/allowed-emails", { pattern }, authorization);
    return { query: { pattern } };
  },
};
