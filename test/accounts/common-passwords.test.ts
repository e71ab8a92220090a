import { expect, test } from "bun:test";
import { join } from "node:path";
import { dictionary } from "@zxcvbn-ts/language-common";

/** The most used first; those that are shorter than any minimum that can be set would only take up places. */
const mostUsed = (dictionary["passwords-common"] as string[])
  .filter((password) => [...password].length >= 8)
  .slice(0, 3_000);

// `bun run common-passwords` writes what this test otherwise compares.
if (process.env.UPDATE === "1") {
  const lines = mostUsed.join(" ").match(/.{1,107}(?: |$)/g) ?? [];
  await Bun.write(
    join(import.meta.dir, "../../src/modules/accounts/common-passwords.generated.ts"),
    `/**
 * The 3,000 most used passwords of eight characters and more, made by \`bun run common-passwords\` from
 * @zxcvbn-ts/language-common 4.1.3: MIT licence, copyright 2012-2016 Dan Wheeler and Dropbox, Inc., 2021 @zxcvbn-ts.
 */
export const commonPasswords = \`
${lines.map((line) => line.trim()).join("\n")}
\`.trim();
`,
  );
}
const { commonPasswords } = await import("#/modules/accounts/common-passwords.generated");

test("the compiled list is the beginning of the source's, in its order", async () => {
  expect(mostUsed).toHaveLength(3_000);
  expect(commonPasswords.split(/\s+/)).toEqual(mostUsed);
});

test("the list is written as it is compared: lower case, composed", () => {
  expect(commonPasswords).toBe(commonPasswords.normalize("NFC").toLowerCase());
});
