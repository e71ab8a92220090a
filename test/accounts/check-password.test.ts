import { expect, test } from "bun:test";
import fc from "fast-check";
import { checkNewPassword } from "#/modules/accounts/check-password";
import { passwordBytes } from "#/modules/accounts/password-bytes";

const account = { email: "Ada.Lovelace@example.com", username: "countess-of-lovelace" };
const judge = (password: string, minLength = 8) => checkNewPassword(password, account, minLength);

test.each([
  ["nothing", "", "too_short"],
  ["7 characters", "zq7!kx-", "too_short"],
  ["8 characters", "zq7!kx-p", undefined],
  ["7 characters beyond the BMP, 14 units of UTF-16", "🐙".repeat(7), "too_short"],
  ["7 characters that are typed as 14", "e\u0301".repeat(7), "too_short"],
  ["128 characters", "zq7!kx-p".repeat(16), undefined],
  ["128 characters that are typed as 256", "e\u0301".repeat(128), undefined],
  ["129 characters", `${"zq7!kx-p".repeat(16)}a`, "too_long"],
  ["a megabyte", "a".repeat(1_000_000), "too_long"],
  ["blanks alone", " ".repeat(11), undefined],
  ["a common one", "qwertyuiop", "too_common"],
  ["a common one in other case", "PassWord1", "too_common"],
  ["the last of the list", "13101988", "too_common"],
  ["a common one with more around it", "qwertyuiop!7", undefined],
  ["the address", "ada.lovelace@EXAMPLE.com", "same_as_account"],
  ["the local part", "ADA.LOVELACE", "same_as_account"],
  ["the username", "Countess-of-Lovelace", "same_as_account"],
  ["a lone surrogate", "zq7!kx-p\ud800", "not_text"],
  ["a lone surrogate and nothing else", "\udfff", "not_text"],
])("%s: %p is %p", (_, password, fault) => {
  expect(judge(password)).toBe(fault as ReturnType<typeof judge>);
});

test("keeps to the least length that is set", () => {
  expect(judge("zq7!kx-pzq7!kx", 15)).toBe("too_short");
  expect(judge("zq7!kx-pzq7!kx-", 15)).toBeUndefined();
});

test("asks nothing of an account without an address or a name", () => {
  expect(checkNewPassword("zq7!kx-p", { email: null }, 8)).toBeUndefined();
  expect(checkNewPassword("zq7!kx-p", { email: "@", username: "" }, 8)).toBeUndefined();
});

test("whatever is accepted can be hashed, and is judged alike composed and decomposed", () => {
  const text = fc.string({ unit: "binary", maxLength: 200 });
  fc.assert(
    fc.property(text, (password) => {
      const fault = judge(password);
      expect(judge(password.normalize("NFC"))).toBe(fault as ReturnType<typeof judge>);
      expect(judge(password.normalize("NFD"))).toBe(fault as ReturnType<typeof judge>);
      if (fault === undefined) expect(passwordBytes(password)).toBeDefined();
    }),
  );
});

test("bytes: NFC in UTF-8, up to 1,024, or none", () => {
  const composed = passwordBytes("pässwörd");

  expect(composed).toEqual(new TextEncoder().encode("pässwörd".normalize("NFC")));
  expect(passwordBytes("pässwörd".normalize("NFD"))).toEqual(composed);
  expect(passwordBytes("é".repeat(512))).toHaveLength(1_024);
  for (const none of ["", "é".repeat(513), "a".repeat(1_025), "a\ud800b"]) {
    expect(passwordBytes(none)).toBeUndefined();
  }
});
