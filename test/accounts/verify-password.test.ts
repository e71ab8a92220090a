import { expect, test } from "bun:test";
import { checkNewPassword } from "#/modules/accounts/check-password";
import { hashPassword } from "#/modules/accounts/hash-password";
import { users } from "#/modules/accounts/tables";
import { verifyPassword } from "#/modules/accounts/verify-password";
import { openWorld } from "../support/world";

const world = await openWorld();
const password = "correct horse";
const caller = { client: "203.0.113.9" };
const id = 7;

const hash = (text: string) => hashPassword(world.kernel, text, caller);
const verify = (passwordHash: string | null, given: string) =>
  verifyPassword(world.kernel, { id, passwordHash }, given, caller);
const complaints = () => world.log.map((line) => JSON.parse(line)).filter(({ level }) => level === "error");

/** Hashes that other programs made: crypt(3) of libxcrypt, and Python's bcrypt 4 and argon2-cffi 25. */
const imported = {
  crypt2y: "$2y$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2",
  python2a: "$2a$05$nCaQu/OnigGgVxpnRd3Ih.Khg7bq/q6h7zmrDuV70YaeZzQQGXFSu",
  python2b: "$2b$05$2zXGsYs1v2PyPKZBn79SZe6T/EoyN.nYBPCwppTqa.TAYp079j67W",
  weak: "$argon2id$v=19$m=8192,t=1,p=1$XtL+5TLxa1kRSU5CCn8m8A$W0tJArLCYFzy+WRbbbNEU2m73BKhDc5t1wN707RBycs",
  argon2i: "$argon2i$v=19$m=19456,t=2,p=1$IOeIV0joo2PJCoG4E2GUYQ$p7GAryfqw/re7JtEZ/q2q4O5ykeNFFf+//PJc2V65u0",
  argon2d: "$argon2d$v=19$m=19456,t=2,p=1$azglwJLj7+WsyY8WA8jyfA$1r1a5wzO0wDur1w7huEngeKHVNJhMzzGrxgdlZTRE5I",
  strong: "$argon2id$v=19$m=32768,t=3,p=1$iW6XXGAaR+PahypDEo9Xkw$5M0s5uOtT7HunAOzHFP/cRdCbbBu/8HzPvoIIU066do",
  fourThreads:
    "$argon2id$v=19$m=65536,t=3,p=4$yJzgh/t9NmMRwcmjDRCndw$WQD9PcEm/jwFMIw2wNZ6/nQCDbrSP0dn0+ehzaekm6A",
  same: "$argon2id$v=19$m=19456,t=2,p=1$NIPNcVZmlcDhxggB27x2qQ$JJD5PrcF2b7kt7teyn7jf2ziBXKqX6sg+PwIFL2AC+M",
};

/** crypt(3) of the 40 umlauts, 80 bytes, and of as much of them as fits. */
const umlauts = "$2y$05$abcdefghijklmnopqrstuuTRSHZmuydJWPjOCBk/ch5P57D9cdiM2";
/** Python's bcrypt of `pa\u0308ssword`, as a keyboard that does not compose sends it. */
const decomposed = "$2b$05$abcdefghijklmnopqrstuuJe2Br3m6bB0ywR3Dbt4pGV38yRP866S";
/** crypt(3) of `0123…` in 71 and in 72 bytes; that of 73, 80 and 100 bytes is the latter too. */
const bytes71 = "$2y$05$abcdefghijklmnopqrstuu7SMnQ5/uhVwEAbcoPzS9DezxzJXQuTy";
const bytes72 = "$2y$05$abcdefghijklmnopqrstuuLkMZtUsVwf9Ptg/wgiNv8ZhtnAHnix.";
const digits = "0123456789".repeat(10);

world.describe("a hash of our own", () => {
  test("is argon2id with our parameters, fresh each time, and takes its password alone", async () => {
    const [one, other] = [await hash(password), await hash(password)];

    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{43}\$[\w+/]{43}$/);
    expect(one).not.toBe(other);
    expect(await verify(one, password)).toEqual({ ok: true });
    for (const wrong of ["Correct horse", "correct horse ", "", "correct hors"]) {
      expect(await verify(one, wrong)).toEqual({ ok: false });
    }
  });

  test("takes the same text composed and decomposed", async () => {
    const composed = await hash("pässwörd".normalize("NFC"));

    expect(await verify(composed, "pässwörd".normalize("NFD"))).toEqual({ ok: true });
    expect(await verify(await hash("pässwörd".normalize("NFD")), "pässwörd")).toEqual({ ok: true });
  });

  test("tells passwords apart to the last of the longest one's bytes", async () => {
    const longest = "🐙".repeat(128);
    const stored = await hash(longest);

    expect(checkNewPassword(longest, {}, 8)).toBeUndefined();
    expect(await verify(stored, longest)).toEqual({ ok: true });
    expect(await verify(stored, `${"🐙".repeat(127)}🐚`)).toEqual({ ok: false });
  });

  test("is not made of what was not checked, and a lone surrogate is not U+FFFD", async () => {
    for (const none of ["", "zq7!kx-p\ud800", "a".repeat(1_025)]) {
      expect(() => hash(none)).toThrow(TypeError);
    }
    expect(await verify(await hash("zq7!kx-p\ufffd"), "zq7!kx-p\ud800")).toEqual({ ok: false });
  });
});

world.describe("an imported hash", () => {
  const { same, strong, fourThreads, ...replaced } = imported;

  test.each(Object.entries(replaced))("%s lets in, and gives a hash that replaces it", async (_, stored) => {
    const { ok, replacement } = await verify(stored, password);

    expect(ok).toBe(true);
    expect(replacement).toStartWith("$argon2id$v=19$m=19456,t=2,p=1$");
    expect(await verify(replacement as string, password)).toEqual({ ok: true });
    expect(await verify(stored, "correct horses")).toEqual({ ok: false });
  });

  test.each(Object.entries({ same, strong, fourThreads }))("%s lets in and stays", async (_, stored) => {
    expect(await verify(stored, password)).toEqual({ ok: true });
    expect(await verify(stored, "correct horses")).toEqual({ ok: false });
  });

  test("of bcrypt looks at 72 bytes, wherever in a character they end", async () => {
    for (const length of [72, 73, 80, 100]) {
      expect(await verify(bytes72, digits.slice(0, length))).toMatchObject({ ok: true });
      expect(await verify(bytes71, digits.slice(0, length))).toEqual({ ok: false });
    }
    expect(await verify(bytes72, digits.slice(0, 71))).toEqual({ ok: false });
    expect(await verify(umlauts, "ä".repeat(40))).toMatchObject({ ok: true });
    expect(await verify(umlauts, "ä".repeat(35))).toEqual({ ok: false });
  });

  test("of bcrypt knows the bytes that were typed, and its replacement the composed ones", async () => {
    const { ok, replacement } = await verify(decomposed, "pa\u0308ssword");

    expect(ok).toBe(true);
    expect(await verify(decomposed, "p\u00e4ssword")).toEqual({ ok: false });
    expect(await verify(replacement as string, "p\u00e4ssword")).toEqual({ ok: true });
  });

  test("of bcrypt is replaced by one of the whole password, not of the 72 bytes", async () => {
    const { replacement } = await verify(bytes72, digits);

    expect(await verify(replacement as string, digits)).toEqual({ ok: true });
    expect(await verify(replacement as string, digits.slice(0, 72))).toEqual({ ok: false });
  });
});

world.describe("no usable hash", () => {
  const salt = "A".repeat(22);
  const broken = {
    empty: "",
    "plain text": password,
    "an unknown scheme": "pbkdf2_sha256$600000$abc$def",
    "cut short": imported.same.slice(0, 40),
    "bcrypt of no cost": imported.python2b.replace("$05$", "$00$"),
    "bcrypt for hours": imported.python2b.replace("$05$", "$31$"),
    "4 GiB of memory": imported.same.replace("m=19456", "m=4194304"),
    "two billion passes": imported.same.replace("t=2", "t=2147483647"),
    "no passes": imported.same.replace("t=2", "t=0"),
    "no threads": imported.same.replace("p=1", "p=0"),
    "a length that no bytes have": `$argon2id$v=19$m=19456,t=2,p=1$${salt.slice(1)}A$${"A".repeat(45)}`,
    "NUL in it": `${imported.python2b.slice(0, -1)}\0`,
  };

  test.each(Object.entries(broken))(
    "%s is a wrong password, and logged by the user's id",
    async (_, stored) => {
      world.log.length = 0;

      expect(await verify(stored, password)).toEqual({ ok: false });

      expect(complaints()).toMatchObject([{ event: "accounts.hash_unusable", userId: id }]);
      expect(world.log.join()).not.toContain(password);
    },
  );

  test.each([
    ["no account", undefined],
    ["an account without a password", { id, passwordHash: null }],
  ])("%s is a wrong password that is hashed like any other, and no fault", async (_, account) => {
    const hashed = async () =>
      Number(/^hashing_seconds_count (\d+)$/m.exec(await world.kernel.metrics.render())?.[1] ?? 0);
    const before = await hashed();

    expect(await verifyPassword(world.kernel, account, password, caller)).toEqual({ ok: false });

    expect(await hashed()).toBe(before + 1);
    expect(complaints()).toEqual([]);
  });

  test("nothing and too much are wrong without a turn in the queue", async () => {
    const refused = { run: () => Promise.reject(new Error("It was hashed")) };

    for (const given of ["", "a".repeat(1_025), "é".repeat(513), "\ud800"]) {
      const needs = { ...world.kernel, hashing: refused };
      expect(await verifyPassword(needs, { id, passwordHash: imported.same }, given, caller)).toEqual({
        ok: false,
      });
    }
  });
});

world.describe("the time of a refusal", () => {
  const store = (passwordHash: string) =>
    world.kernel.db.insert(users).values({
      username: "ada",
      usernameKey: "ada",
      passwordHash,
      registeredVia: "import",
    });
  const refusalMs = async (now: () => Date) => {
    const began = performance.now();
    expect(await verifyPassword({ ...world.kernel, now }, undefined, password, caller)).toEqual({
      ok: false,
    });
    return performance.now() - began;
  };
  /** What was known of the table a minute ago counts no longer. */
  let minutes = 0;
  const later = () => {
    minutes += 2;
    const at = Date.now() + minutes * 60_000;
    return () => new Date(at);
  };

  test.each([
    ["bcrypt", imported.python2b],
    ["dearer argon2", imported.strong],
  ])("is 300 ms after hashing began, while a hash of %s remains", async (_, stored) => {
    await store(stored);

    expect(await refusalMs(later())).toBeGreaterThanOrEqual(299);
  });

  test("is that of the hash once none remains", async () => {
    await store(imported.same);

    let ms = await refusalMs(later());
    for (let i = 0; i < 20 && ms >= 250; i++) ms = await refusalMs(later());

    expect(ms).toBeLessThan(250);
  });

  test("of the right password is never put off", async () => {
    await store(imported.python2b);
    const now = later();

    let ms = 250;
    for (let i = 0; i < 20 && ms >= 250; i++) {
      const began = performance.now();
      const account = { id, passwordHash: imported.same };
      expect(await verifyPassword({ ...world.kernel, now }, account, password, caller)).toEqual({ ok: true });
      ms = performance.now() - began;
    }

    expect(ms).toBeLessThan(250);
  });
});
