import { afterAll, afterEach, beforeEach, expect, test } from "bun:test";
import { type Captcha, noCaptcha } from "#/kernel/captcha";
import type { CaptchaChoice } from "#/modules/forms/catalogue/form-definition";
import { processCaptcha } from "#/modules/forms/screening/process-captcha";
import { processSubmission } from "#/modules/forms/screening/process-submission";
import { startCaptchaByAnswer } from "../support/fakes/captcha-by-answer";
import { fromSite, judge, readVerdict, setForm } from "../support/judged";
import { contact } from "../support/sample-posts";
import { until } from "../support/until";
import { browser, openWorld } from "../support/world";

const site = "https://www.example.com";
const provider = startCaptchaByAnswer();
const world = await openWorld({ env: { ...provider.env, CORS_ALLOWED_ORIGINS: site, NOTIFY_EMAIL: "" } });

const recaptcha: CaptchaChoice = { provider: "recaptcha_v3", required: false };
let restore = () => {};
beforeEach(() => provider.reset());
afterEach(() => {
  restore();
  restore = () => {};
});
/** Until the test ends. */
const setCaptcha = (captcha: Partial<Captcha>) => {
  const before = world.kernel.captcha;
  world.kernel.captcha = { ...before, ...captcha };
  restore = () => {
    world.kernel.captcha = before;
  };
};
afterAll(() => provider.stop());

const field = "g-recaptcha-response";
const alerts = () => world.log.filter((line) => line.includes("alert.raised"));

world.describe("a captcha's answer", () => {
  test.each([
    ["that passes", "pass", { captcha_passed: -20 }, "inbox"],
    ["with a good score", "human", { captcha_passed: -20 }, "inbox"],
    ["with a low score", "machine", { "captcha_low:0.1": 50 }, "held"],
    ["from another site's page", "elsewhere", { "captcha_failed:wrong_host": 80 }, "spam"],
    ["that fails", "fail", { "captcha_failed:invalid-input-response": 80 }, "spam"],
    ["that was used before", "spent", { "captcha_failed:timeout-or-duplicate": 80 }, "spam"],
    ["that is refused in odd words", "odd", { "captcha_failed:refused": 80 }, "spam"],
    ["while the provider does not know our secret", "bad secret", { captcha_unavailable: 10 }, "inbox"],
  ])("%s", async (_title, answer, points, state) => {
    restore = setForm({ captcha: recaptcha });

    const posted = await world.post("/f/contact", { ...contact, [field]: answer }, fromSite);
    const { id } = (await posted.json()) as { id: string };
    const answered = performance.now();
    await world.settled();

    expect(await readVerdict(world, id)).toMatchObject({ points, state, intake: null });
    expect(provider.asked).toMatchObject([{ provider: "recaptcha", answer, client: "127.0.0.1" }]);
    expect(provider.asked[0]?.at).toBeGreaterThan(answered);
    expect(alerts().length).toBe(answer === "bad secret" ? 1 : 0);
  });

  test("is worth as much as the form's own least score", async () => {
    restore = setForm({ captcha: { ...recaptcha, minScore: 0.05 } });

    expect((await judge(world, { [field]: "machine" })).points).toEqual({ captcha_passed: -20 });
  });

  test("is missed where the form has a captcha, and asked for nobody", async () => {
    restore = setForm({ captcha: recaptcha });

    const row = await judge(world, { "h-captcha-response": "pass" });

    expect(row.points).toEqual({ captcha_missing: 40 });
    expect(provider.asked).toEqual([]);
  });

  test.each([
    ["cf-turnstile-response", "turnstile"],
    ["h-captcha-response", "hcaptcha"],
    ["g-recaptcha-response", "recaptcha"],
    ["recaptcha_response", "recaptcha"],
  ])("is checked when one comes to a form without a captcha, by the field %s", async (name, asked) => {
    const row = await judge(world, { [name]: "pass", ...(asked === "hcaptcha" && { [field]: "pass" }) });

    expect(row.points).toEqual({ captcha_passed: -20 });
    expect(provider.asked.map((one) => one.provider)).toEqual([asked]);
  });

  test("of a provider that nobody configured is as good as none", async () => {
    setCaptcha(noCaptcha);

    expect((await judge(world, { [field]: "fail" })).points).toEqual({});
    expect(provider.asked).toEqual([]);
  });

  test("is asked about once, however often its jobs run", async () => {
    const { id } = (await (
      await world.post("/f/contact", { ...contact, [field]: "slow" }, fromSite)
    ).json()) as { id: string };
    await until(() => provider.asked.length === 1);

    await processSubmission.run(world.kernel, { submissionIds: [id] });
    provider.release();
    await world.settled();
    const before = await world.traces();
    await processCaptcha.run(world.kernel, { submissionId: id });

    expect(provider.asked.length).toBe(1);
    expect(await readVerdict(world, id)).toMatchObject({ points: { captcha_passed: -20 } });
    expect(await world.traces()).toEqual(before);
  });

  test("that we asked about before a crash does not count against the visitor", async () => {
    const { id } = (await (
      await world.post("/f/contact", { ...contact, [field]: "slow" }, fromSite)
    ).json()) as { id: string };
    await until(() => provider.asked.length === 1);

    // As after a crash between the question and the verdict: the job comes again.
    const again = processCaptcha.run(
      { ...world.kernel, captcha: { ...world.kernel.captcha, verify: async () => used } },
      { submissionId: id },
    );
    await again;
    provider.release();
    await world.settled();

    expect(await readVerdict(world, id)).toMatchObject({
      points: { captcha_unavailable: 10 },
      state: "inbox",
    });
    expect(alerts()).toEqual([]);
  });

  test("waits for a slow provider alone", async () => {
    const slow = await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        world.post("/f/contact", { ...contact, message: `Slow ${at}`, [field]: `slow #${at}` }, fromSite),
      ),
    );
    expect(slow.map(({ status }) => status)).toEqual(slow.map(() => 200));
    await until(() => provider.asked.length === 8);

    await world.post("/f/contact", { ...contact, message: "Quick" }, fromSite);

    await until(async () => (await statesOf()).inbox === 1);
    expect(await statesOf()).toEqual({ inbox: 1, received: 40 });
    const releasing = setInterval(provider.release, 20);
    await world.settled();
    clearInterval(releasing);
    expect(await statesOf()).toEqual({ inbox: 41 });
  });
});

const used = { kind: "judged", passed: false, errors: ["timeout-or-duplicate"] } as const;

async function statesOf(): Promise<Record<string, number>> {
  const { rows } = await world.kernel.database.executeSql(
    "select state, count(*)::int as count from gatehouse.submissions group by state",
  );
  return Object.fromEntries(rows.map(({ state, count }) => [String(state), Number(count)]));
}

world.describe("while the provider is away", () => {
  test.each([
    ["accept", "inbox"],
    ["hold", "held"],
    ["spam", "spam"],
  ] as const)("FORMS_CAPTCHA_DOWN=%s", async (what, state) => {
    const { config } = world.kernel;
    world.kernel.config = { ...config, FORMS_CAPTCHA_DOWN: what };
    setCaptcha({ verify: async () => ({ kind: "unavailable", code: "connection" }) });
    const restoreCaptcha = restore;
    restore = () => {
      restoreCaptcha();
      world.kernel.config = config;
    };

    const row = await judge(world, { [field]: "pass" });

    expect(row).toMatchObject({ state, points: { captcha_unavailable: 10 } });
    expect(alerts().length).toBe(1);
  });
});

world.describe("a form that demands its captcha", () => {
  beforeEach(() => {
    restore = setForm({ captcha: { ...recaptcha, required: true } });
  });

  test.each([
    ["/f/contact", { error: "This form needs its captcha to be solved", code: "captcha_required" }],
    ["/api/v1/contact", { status: 403, code: "captcha_required" }],
  ])("refuses a post without an answer at %s, and stores nothing", async (door, body) => {
    const before = await world.traces();

    const answers = [
      await world.post(door, contact, fromSite),
      await world.post(door, { ...contact, [field]: " " }, fromSite),
      await world.post(door, { ...contact, [field]: "x".repeat(8193) }, fromSite),
    ];

    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
    expect(await answers[0]?.json()).toMatchObject(body);
    expect(await world.traces()).toEqual(before);
    expect(provider.asked).toEqual([]);
  });

  test("tells of a wrong field first, and carries the answer to the corrected post", async () => {
    const visit = (fields: object, origin = site) =>
      world.post("/f/contact", { ...fields }, { encoding: "urlencoded", headers: { ...browser, origin } });

    const wrong = await visit({ ...contact, email: "ada", [field]: "spent" });
    const page = await wrong.text();

    expect(wrong.status).toBe(400);
    expect(page).toContain(`name="${field}" value="spent"`);
    expect(provider.asked).toEqual([]);
    // The page cannot ask for a new one, so an answer that is too old by now is as good as none.
    await visit({ ...contact, [field]: "spent" }, world.url);
    await world.settled();
    expect((await world.traces()).tables.submissions).toMatchObject([
      { reasons: [{ code: "captcha_missing", points: 40 }] },
    ]);
  });

  test("says so on a page that keeps the text and leads back", async () => {
    const answer = await world.post("/f/contact", contact, {
      encoding: "urlencoded",
      headers: { ...browser, origin: site },
    });

    const page = await answer.text();
    expect(answer.status).toBe(403);
    expect(page).toContain("The check that you are a person is missing");
    expect(page).toContain(contact.message as string);
    expect(page).toContain(`href="${site}"`);
  });

  test("answers spam and success alike", async () => {
    const answers = [];
    for (const answer of ["pass", "fail", "machine", "bad secret"])
      answers.push(
        await world.post("/f/contact", { ...contact, message: answer, [field]: answer }, fromSite),
      );

    const shapes = await Promise.all(
      answers.map(async (answer) => ({
        status: answer.status,
        headers: [...answer.headers.keys()].sort(),
        body: { ...((await answer.json()) as object), id: "" },
      })),
    );
    expect(shapes).toEqual(shapes.map(() => shapes[0]!));
  });
});
