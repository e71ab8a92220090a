import { expect, test } from "bun:test";
import { bearer, createPerson } from "../support/people";
import { until } from "../support/until";
import { openWorld } from "../support/world";

const world = await openWorld();
const { describe } = world;

const path = "/v1/accounts/login";
const refused = (status: number, message: string, type: string) => ({
  status,
  text: JSON.stringify({ error: { message, status, type } }),
});
const send = async (body?: string, type = "application/json") => {
  const init = body === undefined ? {} : { body, headers: { "content-type": type } };
  const answer = await world.send(path, { method: "POST", ...init });
  return { status: answer.status, text: await answer.text() };
};

describe("POST /v1/accounts/login", () => {
  test("answers exactly an access token, whose session lives as long", async () => {
    const person = await createPerson(world, { registeredVia: "publishing", verified: false });

    const answer = await world.post(path, { email: person.email, password: person.password });
    const body = (await answer.json()) as { access_token: string };

    expect(answer.status).toBe(200);
    expect(Object.keys(body)).toEqual(["access_token"]);
    expect(answer.headers.get("set-cookie")).toBeNull();
    expect((await world.send("/api/v1/users/me", { headers: bearer(body) })).status).toBe(200);
    const { tables } = await world.traces();
    expect(tables.refresh_tokens).toEqual([]);
    const { rows } = await world.kernel.database.executeSql(
      "select extract(epoch from expires_at - created_at)::int as seconds from gatehouse.sessions",
    );
    expect(rows).toEqual([{ seconds: 3600 }]);
  });

  const missing = "Missing request body";
  const bodies: [title: string, body: string | undefined, message: string][] = [
    ["no body", undefined, missing],
    ["an empty one", "", missing],
    ["null", "null", missing],
    ["an empty object", "{}", missing],
    ["an empty list", "[]", missing],
    ["broken JSON", '{"email":', "Invalid request body"],
    ["a number", "7", "Expected 'email' key"],
    ["no address", '{"password":"x"}', "Expected 'email' key"],
    ["neither, but others", '{"name":"x"}', "Expected 'email' key"],
    ["an address that is no text", '{"email":7,"password":"x"}', "Expected 'email' key"],
    ["a blank address", '{"email":" \\t","password":"x"}', "Expected 'email' key"],
    ["no password", '{"email":"a@b.co"}', "Expected 'password' key"],
    ["a password that is no text", '{"email":"a@b.co","password":["x"]}', "Expected 'password' key"],
    ["a blank password", '{"email":"a@b.co","password":" "}', "Expected 'password' key"],
  ];
  test.each(bodies)("refuses %s with 400, word for word", async (_, body, message) => {
    const before = await world.traces();

    expect(await send(body)).toEqual(refused(400, message, "Bad Request"));
    expect(await world.traces()).toEqual(before);
  });

  test("refuses another type of body", async () => {
    expect((await send("email=a", "application/x-www-form-urlencoded")).status).toBe(415);
  });

  const wrong: [title: string, sketch: Parameters<typeof createPerson>[1], sent: object][] = [
    ["a wrong password", {}, { password: "wrong" }],
    ["an unknown address", {}, { email: "nobody@example.com" }],
    ["what is no address", {}, { email: "nobody" }],
    ["a password beyond all measure", {}, { password: "x".repeat(5000) }],
    ["a disabled account", { disabled: true }, {}],
    ["an account of the portal that nobody confirmed", { verified: false }, {}],
  ];
  test.each(wrong)("refuses %s with one and the same 401", async (_, sketch, sent) => {
    const { email, password } = await createPerson(world, sketch);

    const answer = await send(JSON.stringify({ email, password, ...sent }));
    // The link is mailed again, after the answer.
    if (sketch?.verified === false) await until(() => world.mails.length > 0);

    expect(answer).toEqual(refused(401, "Invalid username or password", "Unauthorized"));
    expect((await world.traces()).tables.sessions).toEqual([]);
  });

  test("refuses an account with an authenticator app that sends no code", async () => {
    const { id, email, password } = await createPerson(world);
    await world.kernel.database.executeSql(
      `insert into gatehouse.totp_factors (user_id, secret, confirmed_at) values (${id}, '\\x00', now())`,
    );

    const answer = await send(JSON.stringify({ email, password }));

    expect(answer).toEqual(refused(401, "Invalid username or password", "Unauthorized"));
  });
});
