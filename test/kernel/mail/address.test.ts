import { describe, expect, test } from "bun:test";
import { isMailAddress, parseMailbox } from "#/kernel/mail";

describe("isMailAddress", () => {
  test.each([
    "a@example.com",
    "first.last+tag@mail.example.co.uk",
    "jürgen@müller.example",
    "root@localhost",
    "o'neil@x.y",
  ])("takes %s", (address) => {
    expect(isMailAddress(address)).toBe(true);
  });

  test.each([
    "",
    "a",
    "a@",
    "@b",
    "a@b@c",
    "a@b,c@d",
    "a b@c",
    "a@b c",
    "a@b\r\n",
    "a\n@b",
    "a@-b",
    "a@b..c",
    ".a@b",
    "a.@b",
    "<a@b>",
    'a"@b',
    "a\u200b@b",
    "a@b;",
    "a(x)@b",
    `${"a".repeat(65)}@b`,
    `a@${"b".repeat(64)}`,
    `a@${"b.".repeat(127)}c`,
  ])("refuses %j", (address) => {
    expect(isMailAddress(address)).toBe(false);
  });
});

describe("parseMailbox", () => {
  test.each([
    ["forms@example.com", { name: "", address: "forms@example.com" }],
    ["Example Ltd <forms@example.com>", { name: "Example Ltd", address: "forms@example.com" }],
    ['"Example, Ltd" <forms@example.com>', { name: "Example, Ltd", address: "forms@example.com" }],
  ])("reads %s", (text, expected) => {
    expect(parseMailbox(text)).toEqual(expected);
  });

  test.each(["", "Example", "a@b, c@d", "<a@b>, <c@d>", "X <a@b> <c@d>", "X <a b>"])("refuses %j", (text) => {
    expect(parseMailbox(text)).toBeUndefined();
  });
});
