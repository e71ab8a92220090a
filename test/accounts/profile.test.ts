import { expect, test } from "bun:test";
import { asking } from "../support/ask";
import { createPerson, signIn } from "../support/people";
import { openWorld } from "../support/world";

const world = await openWorld();
const ask = asking(world);

world.describe("PATCH /api/v1/account/profile", () => {
  const change = (as: { access_token: string }, body: object) =>
    ask("PATCH", "account/profile", { as, body });

  test("changes what is sent and nothing else", async () => {
    const person = await createPerson(world, { username: "ada" });
    const tokens = await signIn(world, person);

    const first = await change(tokens, { full_name: "Ada Lovelace", location: "London" });
    const second = await change(tokens, {
      username: "Ada-L",
      avatar_url: "default.jpg",
      role: "dev",
      email: "x@example.com",
      verified: false,
    });

    expect(first.body).toMatchObject({ full_name: "Ada Lovelace", location: "London", username: "ada" });
    expect(first.body.updated_at).toBeString();
    expect(second.body).toMatchObject({
      username: "Ada-L",
      full_name: "Ada Lovelace",
      role: "user",
      email: person.email,
      verified: true,
    });
    const { tables } = await world.traces();
    expect(tables.users).toMatchObject([{ username_key: "ada-l", updated_at: null, token_version: 0 }]);
    expect(tables.audit_events?.map(({ event }) => event)).toEqual([
      "session.opened",
      "account.username_changed",
    ]);
  });

  test.each([
    ["a name of another form", { username: "ädä" }, "username"],
    ["a reserved name", { username: "Admin" }, "username"],
    ["one letter", { username: "a" }, "username"],
    ["33 letters", { username: "a".repeat(33) }, "username"],
    ["a look-alike", { username: "аda" }, "username"],
    ["a blank at its end", { username: "ada " }, "username"],
    ["a picture from elsewhere", { avatar_url: "https://example.com/x.png" }, "avatar_url"],
    ["NUL", { full_name: "a\u0000b" }, "full_name"],
    ["a lone surrogate", { location: "\ud800" }, "location"],
    ["a list", { full_name: ["x"] }, "full_name"],
  ])("refuses %s and changes nothing", async (_, body, field) => {
    const tokens = await signIn(world, await createPerson(world));
    const before = await world.traces();

    const refused = await change(tokens, body);

    expect([refused.status, refused.code, refused.fields]).toEqual([422, "invalid", [field]]);
    expect(await world.traces()).toEqual(before);
  });

  test("of 50 accounts that take one name at once, in any case, one gets it", async () => {
    const people = await Promise.all(Array.from({ length: 50 }, () => createPerson(world)));
    const sessions = [];
    for (const person of people) sessions.push(await signIn(world, person));

    const answers = await Promise.all(
      sessions.map((as, at) => change(as, { username: at % 2 ? "POPULAR" : "popular" })),
    );

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ code }) => code === "username_taken")).toHaveLength(49);
    const { tables } = await world.traces();
    expect(tables.users?.filter(({ username_key }) => username_key === "popular")).toHaveLength(1);
    expect(tables.audit_events?.filter(({ event }) => event === "account.username_changed")).toHaveLength(1);
  }, 120_000);

  test("an imported name of another form stays valid, and its case may be changed", async () => {
    const person = await createPerson(world, { username: "käthe" });
    const tokens = await signIn(world, person);
    const other = await createPerson(world, { username: "grace" });

    const kept = await change(tokens, { username: "käthe", full_name: "Käthe" });
    const cased = await change(await signIn(world, other), { username: "Grace" });

    expect(kept.body).toMatchObject({ username: "käthe", full_name: "Käthe" });
    expect(cased.body.username).toBe("Grace");
  });
});
