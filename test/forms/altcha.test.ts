import { afterEach, expect, test } from "bun:test";
import { solveChallenge, createChallenge as theirChallenge, verifySolution } from "altcha-lib/v1";
import { type AltchaChallenge, altchaKey, createAltcha } from "#/modules/forms/screening/altcha";
import { judge, setForm } from "../support/judged";
import { openWorld } from "../support/world";

const world = await openWorld();
const config = { rootSecret: new Uint8Array(32).fill(7) };
const altcha = createAltcha(config);
const now = new Date("2026-11-21T12:00:00Z");
const minutes = (count: number) => new Date(now.getTime() + count * 60_000);

let restore = () => {};
afterEach(() => restore());

/** Solved by another implementation. */
async function solve(given: AltchaChallenge): Promise<string> {
  const { challenge, salt, algorithm, maxnumber, signature } = given;
  const { number } = (await solveChallenge(challenge, salt, algorithm, maxnumber).promise) ?? {};
  return btoa(JSON.stringify({ algorithm, challenge, number, salt, signature, took: 12 }));
}
const changed = (answer: string, members: object) =>
  btoa(JSON.stringify({ ...JSON.parse(atob(answer)), ...members }));

const given = altcha.challenge("contact", now);
const solved = await solve(given);

test("a challenge is one that another implementation solves and verifies", async () => {
  expect(given).toMatchObject({ algorithm: "SHA-256", maxnumber: 100_000 });
  expect(await verifySolution(solved, altchaKey(config), false)).toBe(true);
  expect(altcha.verify(solved, "contact", now)).toMatchObject({ passed: true, challenge: given.challenge });
});

test("an answer to a challenge that another implementation made with our key is good", async () => {
  const params = { form: "contact" };
  const hmacKey = altchaKey(config);
  const theirs = await theirChallenge({ hmacKey, maxnumber: 100, expires: minutes(20), params });

  expect(altcha.verify(await solve(theirs as AltchaChallenge), "contact", now)).toMatchObject({
    passed: true,
  });
});

test.each([
  ["too late", () => altcha.verify(solved, "contact", minutes(21)), "expired"],
  ["for another form", () => altcha.verify(solved, "waitlist", now), "invalid"],
  [
    "of another service",
    () => createAltcha({ rootSecret: new Uint8Array(32) }).verify(solved, "contact", now),
    "invalid",
  ],
  ["another number", () => altcha.verify(changed(solved, { number: 1.5 }), "contact", now), "invalid"],
  ["a number as text", () => altcha.verify(changed(solved, { number: "1" }), "contact", now), "invalid"],
  [
    "another algorithm",
    () => altcha.verify(changed(solved, { algorithm: "MD5" }), "contact", now),
    "invalid",
  ],
  ["a longer life", () => altcha.verify(spliced(), "contact", minutes(100)), "invalid"],
  ["no JSON", () => altcha.verify("e30", "contact", now), "invalid"],
  ["null", () => altcha.verify(btoa("null"), "contact", now), "invalid"],
  ["rubbish", () => altcha.verify("%%%", "contact", now), "invalid"],
])("%s is refused", (_title, verify, error) => {
  expect(verify()).toEqual({ kind: "judged", passed: false, errors: [error] });
});

/** The first digit of the number moved behind the expiry: the same text is hashed. */
function spliced(): string {
  const { salt, number } = JSON.parse(atob(solved)) as { salt: string; number: number };
  const [first = "", ...rest] = String(number);
  return changed(solved, { salt: salt.slice(0, -1) + first, number: Number(rest.join("")) });
}

world.describe("a form with ALTCHA", () => {
  const fetchChallenge = async () =>
    (await (await world.send("/f/contact/challenge")).json()) as AltchaChallenge;

  test("takes an answer once, asks nobody, and misses it where none comes", async () => {
    restore = setForm({ captcha: { provider: "altcha", required: false } });
    const answer = await solve(await fetchChallenge());

    const first = await judge(world, { message: "1", altcha: answer });
    const second = await judge(world, { message: "2", altcha: answer });
    const wrong = await judge(world, { message: "3", altcha: "x" });
    const none = await judge(world, { message: "4" });

    expect(first).toMatchObject({ state: "inbox", points: { altcha_passed: -15 }, intake: null });
    expect(second).toMatchObject({ state: "spam", points: { "captcha_failed:replayed": 80 } });
    expect(wrong).toMatchObject({ state: "spam", points: { "captcha_failed:invalid": 80 } });
    expect(none).toMatchObject({ state: "inbox", points: { captcha_missing: 40 } });
  });

  test("is good where the form has no captcha, too", async () => {
    expect((await judge(world, { altcha: await solve(await fetchChallenge()) })).points).toEqual({
      altcha_passed: -15,
    });
  });

  test("serves the widget, packed to who takes gzip, and 304 to who has it", async () => {
    const plain = await world.send("/f/-/altcha.js", { headers: { "accept-encoding": "identity" } });
    const again = await world.send("/f/-/altcha.js", {
      headers: { "accept-encoding": "identity", "if-none-match": plain.headers.get("etag") ?? "" },
    });

    expect([plain.status, plain.headers.get("content-type")]).toEqual([
      200,
      "text/javascript; charset=utf-8",
    ]);
    expect(await plain.text()).toContain("altcha-widget");
    expect(again.status).toBe(304);
  });
});
