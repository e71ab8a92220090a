import { expect, test } from "bun:test";
import fc from "fast-check";
import { describedApp } from "#/cli/openapi";
import { fillCall } from "../smoke/inputs";
import { encodePost } from "../support/encode-post";
import { type Live, prepareCall, printedLinks, type Stage, signedCalls } from "../support/live-calls";
import { examplesOf, type OpenApi, type Operation, operationsOf } from "../support/openapi";
import { createPerson } from "../support/people";
import type { Traces } from "../support/traces";
import { openWorld } from "../support/world";

const world = await openWorld({ env: { WHITELISTED_EMAILS: "@example.com" } });
const document = (await (
  await describedApp().handle(new Request("http://localhost/docs/json"))
).json()) as OpenApi;
const changing = operationsOf(document).filter(({ method }) => method === "POST" || method === "PATCH");

/** Known wherever they turn up: no id is as high, and nothing here is as old. */
const number = 471_100;
const moment = "2001-02-03T04:05:06.000Z";

/** Members that nobody may set through any body, save where the document names them. */
const planted: Record<string, unknown> = {
  id: number,
  user_id: number,
  userId: number,
  owner_id: number,
  account_id: number,
  role: "dev",
  roles: ["dev"],
  scope: "dev",
  amr: ["otp"],
  verified: true,
  verified_at: moment,
  verifiedAt: moment,
  disabled: true,
  disabled_at: moment,
  token_version: number,
  tokenVersion: number,
  ver: number,
  created_at: moment,
  createdAt: moment,
  updated_at: moment,
  expires_at: moment,
  last_sign_in_at: moment,
  password_hash: `hash-${number}`,
  passwordHash: `hash-${number}`,
  email_key: `key-${number}@example.com`,
  username_key: `key-${number}`,
  registered_via: "cli",
  failed_sign_ins: number,
  sid: String(number),
  session_id: number,
  html: `<b>${number}</b>`,
  state: "inbox",
  user: { id: number, role: "dev", verified: true },
  ["__proto__"]: { role: "dev", verified: true },
};

/** Where other members are kept for whoever wrote them they are text, under plain names. */
const scalars = () =>
  Object.fromEntries(
    Object.entries(planted)
      .filter(([name, value]) => /^[a-z][a-z_]*$/.test(name) && typeof value !== "object")
      .map(([name, value]) => [name, String(value)]),
  );

type Schema = { properties?: object; additionalProperties?: unknown };

const stage: Stage = {
  send: (path, init) => world.send(path, init),
  mails: world.mails,
  person: (role) => createPerson(world, { role: role ?? "user" }),
};

/** What each caller wrote may be kept where free members are the purpose: what was sent to a form, own settings. */
const free = new Set([
  "submissions.fields",
  "user_settings.notifications",
  "user_settings.appearance",
  "user_settings.privacy",
]);

/** Columns that hold something planted. */
function plantedIn({ tables, jobs }: Traces): string[] {
  const holds = (value: unknown) => {
    const text = JSON.stringify(value) ?? "";
    return text.includes(String(number)) || text.includes(moment.slice(0, 19));
  };
  const columns = Object.entries(tables).flatMap(([table, rows]) =>
    rows.flatMap((row) =>
      Object.entries(row).flatMap(([column, value]) =>
        holds(value) && !free.has(`${table}.${column}`) ? [`${table}.${column}`] : [],
      ),
    ),
  );
  return [...columns, ...jobs.filter(({ data }) => holds(data)).map(({ name }) => `job ${name}`)];
}

/** What nobody may set for themselves, without what differs between two people anyway. */
const ranksOf = ({ tables }: Traces) => ({
  users: byId(tables.users).map((row) => ({
    role: row.role,
    verified: row.verified_at !== null,
    disabled: row.disabled_at !== null,
    version: row.token_version,
    via: row.registered_via,
    failures: row.failed_sign_ins,
  })),
  sessions: byId(tables.sessions).map((row) => ({
    scope: row.scope,
    amr: row.amr,
    open: row.revoked_at === null,
  })),
  // The names of free members are columns of an export.
  rows: Object.fromEntries(
    Object.entries(tables)
      .filter(([table]) => table !== "form_columns")
      .map(([table, rows]) => [table, rows.length]),
  ),
});

const byId = (rows: Traces["tables"][string] = []) => rows.toSorted((a, b) => Number(a.id) - Number(b.id));

async function call(operation: Operation, live: Live, more: Record<string, unknown>, inQuery: boolean) {
  const { method, requestBody } = operation;
  const [[type, media] = []] = Object.entries(requestBody?.content ?? {});
  const [example = {}] = media ? examplesOf(media) : [];
  // By entries: an assignment to `__proto__` would make no member.
  const known = Object.entries(example as object).map(([name, value]) => [name, live.body?.[name] ?? value]);
  const members = Object.fromEntries([...Object.entries(more), ...known]);
  const query = inQuery
    ? new URLSearchParams(
        Object.entries(more).map(([name, value]): [string, string] => [name, String(value)]),
      )
    : "";
  const path = `${fillCall(operation, live)}?${query}`;
  const headers = { ...live.headers };
  if (type === undefined) {
    const json = { "content-type": "application/json", ...headers };
    return world.send(path, { method, headers: json, body: JSON.stringify(more) });
  }
  const encoding = type === "application/json" ? "json" : "urlencoded";
  const { bytes, type: sent } =
    encoding === "json"
      ? { bytes: JSON.stringify(members), type }
      : await encodePost(members as Record<string, unknown>, encoding);
  return world.send(path, { method, headers: { "content-type": sent, ...headers }, body: bytes });
}

console.error("in part: calls that a vendor signs are refused here too");
console.error("in part: links that are printed are refused here, with and without other members");

world.describe("members that nobody may set change nothing", () => {
  test.each(changing.map((operation) => [`${operation.method} ${operation.path}`, operation] as const))(
    "%s",
    async (_, operation) => {
      const schema = Object.values(operation.requestBody?.content ?? {})[0]?.schema as Schema | undefined;
      const values = schema?.additionalProperties ? scalars() : planted;
      const foreign = Object.keys(values).filter((name) => !Object.hasOwn(schema?.properties ?? {}, name));
      const some = fc.subarray(foreign, { minLength: 1, maxLength: Math.min(18, foreign.length) });
      const once = async (names: readonly string[], inQuery: boolean) => {
        await world.reset();
        const live = await prepareCall(stage, operation);
        await world.settled();
        const more = Object.fromEntries(names.map((name) => [name, values[name]]));
        const answer = await call(operation, live, more, inQuery);
        await world.settled();
        return { answer, text: await answer.text(), traces: await world.traces() };
      };
      const plain = await once([], false);

      await fc.assert(
        fc.asyncProperty(some, fc.boolean(), async (names, inQuery) => {
          const { answer, text, traces } = await once(names, inQuery);

          // The very call that is taken without them: whatever it may change is changed in both.
          expect(answer.status).toBe(plain.answer.status);
          expect(ranksOf(traces)).toEqual(ranksOf(plain.traces));
          expect(plantedIn(traces)).toEqual([]);
          if (!operation.path.startsWith("/api/v1/settings/")) expect(text).not.toContain(String(number));
        }),
        {
          seed: 42,
          numRuns: 3,
          examples: [
            [foreign.slice(0, 18), false],
            [foreign.slice(-18), false],
          ],
        },
      );

      if (!printedLinks.test(operation.path) && !signedCalls.test(operation.path))
        expect(plain.answer.status).toBeLessThan(400);
      expect(foreign.length).toBeGreaterThan(15);
    },
    60_000,
  );
});
