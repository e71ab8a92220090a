import { expect, test } from "bun:test";
import { closest, editDistance } from "#/kernel/edit-distance";

test.each([
  ["", "", 0],
  ["abc", "abc", 0],
  ["abc", "", 3],
  ["kitten", "sitting", 3],
  ["SMTP_URI", "SMTP_URL", 1],
])("between %p and %p lie %p letters", (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(editDistance(b, a)).toBe(distance);
});

test("finds the word that was meant, and none where nothing is near", () => {
  const words = ["serve", "doctor", "health"];

  expect(closest("docter", words)).toBe("doctor");
  expect(closest("serv", words)).toBe("serve");
  expect(closest("srvee", words)).toBeUndefined();
  expect(closest("doctor", words)).toBeUndefined();
  expect(closest("whatever", words)).toBeUndefined();
});
