import { describe, expect, test } from "bun:test";
import { createCursors } from "#/kernel/cursor";

const rootSecret = new Uint8Array(32).fill(7);
const logs = createCursors<number>({ rootSecret }, "admin.logs");
const filters = { event: "session.", actor: 5, outcome: undefined };
const cursor = logs.issue(42, filters);

describe("a cursor", () => {
  test("gives back the id for the same filters, in whatever order they are named", () => {
    expect(logs.read(cursor, { actor: 5, event: "session." })).toBe(42);
    expect(
      createCursors<string>({ rootSecret }, "x").read(createCursors({ rootSecret }, "x").issue("é", {}), {}),
    ).toBe("é");
  });

  test("fits into a query string as it is, and shows no filter", () => {
    expect(cursor).toMatch(/^[\w.-]+$/);
    expect(Buffer.from(cursor, "base64url").toString("latin1")).not.toContain("session");
  });

  const [text = "", signature = ""] = cursor.split(".");
  const other = Buffer.from(JSON.stringify({ k: 1, f: "x" })).toString("base64url");
  test.each([
    ["nothing", "", filters],
    ["a text", "abc", filters],
    ["a plain id", "42", filters],
    ["one without its signature", text, filters],
    ["one with half of it", `${text}.${signature.slice(0, 20)}`, filters],
    ["another place under the same signature", `${other}.${signature}`, filters],
    ["more behind it", `${cursor}.x`, filters],
    ["one with blanks", ` ${cursor}`, filters],
    ["one of another event", cursor, { ...filters, event: "account." }],
    ["one of a filter that is gone", cursor, { event: "session." }],
    ["one of a filter more", cursor, { ...filters, outcome: "ok" }],
    ["one of a filter in another type", cursor, { ...filters, actor: "5" }],
    ["one of another list", createCursors<number>({ rootSecret }, "admin.users").issue(42, filters), filters],
    [
      "one of another secret",
      createCursors<number>({ rootSecret: new Uint8Array(32) }, "admin.logs").issue(42, filters),
      filters,
    ],
  ])("refuses %s with 422 bad_cursor", (_what, given, wanted) => {
    expect(() => logs.read(given, wanted)).toThrow(
      expect.objectContaining({ status: 422, code: "bad_cursor" }),
    );
  });
});
