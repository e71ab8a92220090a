import { beforeEach, expect, test } from "bun:test";
import { type Ask, askAs, feedback, masterCode } from "../support/team-forms";
import { openWorld } from "../support/world";

const world = await openWorld({ env: { DEV_MASTER_OTP: masterCode } });

let dev: Ask;
beforeEach(async () => {
  if (world.kernel) dev = await askAs(world, "dev");
});

const field = (more: object = {}) => ({ name: "it", type: "text", ...more });
const fields = (...some: object[]) => ({ fields: some });
const many = (count: number) => Array.from({ length: count }, (_, at) => `${at}`);

/** What differs from a form that is fine, the status, and each bad field with its code. */
const refused: [
  title: string,
  more: Record<string, unknown> | string,
  status: number,
  ...errors: string[],
][] = [
  ["a slug with capitals", { slug: "Feedback" }, 422, "slug invalid_format"],
  ["a slug that leads elsewhere", { slug: "../f" }, 422, "slug invalid_format"],
  ["a slug of 65 characters", { slug: "a".repeat(65) }, 422, "slug invalid_format"],
  ["no title", { title: { en: " " } }, 422, "title required"],
  ["a title on two lines", { title: { en: "a\nb" } }, 422, "title.en invalid_text"],
  ["words in no language", { title: { "not a language": "a" } }, 422, "title invalid_language"],
  ["no fields", { fields: [] }, 422, "fields too_few"],
  ["101 fields", { fields: many(101).map((name) => field({ name })) }, 422, "fields too_many"],
  ["an unknown type", fields(field({ type: "file" })), 422, "fields.0.type not_an_option"],
  ["a name of nothing", fields(field({ name: "" })), 422, "fields.0.name too_short"],
  ["a name of 101 characters", fields(field({ name: "a".repeat(101) })), 422, "fields.0.name too_long"],
  ...([
    "__proto__",
    "constructor",
    "prototype",
    "_next",
    "_gotcha",
    "h-captcha-response",
    "altcha",
    "a\u0007b",
  ].map((name): [string, object, number, string] => [
    `the name ${JSON.stringify(name)}`,
    fields(field({ name })),
    422,
    "fields.0.name invalid_name",
  ]) as [string, Record<string, unknown>, number, string][]),
  ["a name twice", fields(field(), field()), 422, "fields.1.name duplicate"],
  [
    "a name that a list takes",
    fields(field({ name: "a[]" }), field({ name: "a", type: "choices", options: ["x"] })),
    422,
    "fields.1.name duplicate",
  ],
  ["less at most than at least", fields(field({ min: 9, max: 3 })), 422, "fields.0.min min_over_max"],
  ["at least more than usual", fields(field({ min: 300 })), 422, "fields.0.min min_over_max"],
  ["a longest text of nothing", fields(field({ max: 0 })), 422, "fields.0.max too_small"],
  ["half a character", fields(field({ max: 2.5 })), 422, "fields.0.max not_whole"],
  ["a text beyond every bound", fields(field({ max: 1001 })), 422, "fields.0.max too_large"],
  [
    "more choices than there are",
    fields(field({ type: "choices", options: ["x"], min: 2 })),
    422,
    "fields.0.min too_large",
  ],
  ["bounds of a date", fields(field({ type: "date", min: 1 })), 422, "fields.0.min not_for_type"],
  ["a choice of nothing", fields(field({ type: "choice" })), 422, "fields.0.options required"],
  ["options of a text", fields(field({ options: ["x"] })), 422, "fields.0.options not_for_type"],
  [
    "an option twice",
    fields(field({ type: "choice", options: ["x", "x"] })),
    422,
    "fields.0.options.1 duplicate",
  ],
  [
    "an option on two lines",
    fields(field({ type: "choice", options: ["x\ny"] })),
    422,
    "fields.0.options.0 invalid_text",
  ],
  [
    "an option of 201 characters",
    fields(field({ type: "choice", options: ["x".repeat(201)] })),
    422,
    "fields.0.options.0 too_long",
  ],
  [
    "10,000 options",
    fields(field({ type: "choice", options: many(10_000) })),
    422,
    "fields.0.options too_many",
  ],
  [
    "an example that does not fit",
    fields(field({ type: "email", example: "ada" })),
    422,
    "fields.0.example invalid_example",
  ],
  [
    "an origin with a path",
    { allowed_origins: ["https://a.example/x"] },
    422,
    "allowed_origins.0 invalid_origin",
  ],
  ["every site of a country", { allowed_origins: ["https://*.de"] }, 422, "allowed_origins.0 invalid_origin"],
  ["script as the next page", { next: "javascript:alert(1)" }, 422, "next invalid_url"],
  ["a next page with credentials", { next: "https://a:b@a.example/" }, 422, "next invalid_url"],
  [
    "a broken address of the team",
    { notify: ["a@example.com", "a@b\nBcc: c@d.e"] },
    422,
    "notify.1 invalid_email",
  ],
  ["21 addresses", { notify: many(21).map((n) => `a${n}@example.com`) }, 422, "notify too_many"],
  ["an unknown channel", { deliver: ["pigeon"] }, 422, "deliver.0 not_an_option"],
  ["a channel twice", { deliver: ["slack", "slack"] }, 422, "deliver duplicate"],
  [
    "thresholds the wrong way round",
    { thresholds: { held: 90, spam: 80 } },
    422,
    "thresholds.held min_over_max",
  ],
  ["a threshold over 100", { thresholds: { held: 50, spam: 101 } }, 422, "thresholds.spam not_a_number"],
  [
    "a score of another captcha",
    { captcha: { provider: "altcha", required: true, min_score: 0.5 } },
    422,
    "captcha.min_score not_for_type",
  ],
  ["a honeypot that is a field", { honeypot: "words" }, 422, "honeypot invalid_name"],
  ["a language that is none", { language: "not a language" }, 422, "language invalid_language"],
  ["a day that is none", { closes_at: "2036-02-30T00:00:00Z" }, 422, "closes_at invalid_date"],
  [
    "messages that are gone before they arrive",
    { retention: { days: 1, spam_days: 1 } },
    422,
    "retention.days too_small",
  ],
  [
    "confirming without an address",
    { ...fields(field()), double_opt_in: true },
    422,
    "double_opt_in needs_email",
  ],
  [
    "several at once",
    {
      ...fields(field({ name: "_a" }), field({ type: "choice" })),
      next: "nowhere",
      thresholds: { held: 2, spam: 1 },
    },
    422,
    "fields.0.name invalid_name",
    "fields.1.options required",
    "thresholds.held min_over_max",
    "next invalid_url",
  ],
  ["more than 128 KB", { confirmation: { subject: { en: "a" }, text: texts(14) } }, 413],
  ["more than a megabyte", JSON.stringify({ ...feedback, title: { en: "x".repeat(1_100_000) } }), 413],
  ["a megabyte of title", { title: { en: "x".repeat(900_000) } }, 422, "title.en too_long"],
  ["a hundred thousand levels", "[".repeat(100_000), 400],
];

/** As much as the schema takes, in so many languages. */
function texts(count: number): Record<string, string> {
  return Object.fromEntries(
    many(count).map((_, at) => [`e${String.fromCharCode(97 + at)}`, "x".repeat(10_000)]),
  );
}

world.describe("a definition that nobody could use", () => {
  test("is refused with each bad field and a code, and nothing is stored", async () => {
    const answers: unknown[] = [];
    for (const [title, more] of refused) {
      const body = typeof more === "string" ? more : { ...feedback, ...more };
      const answer = await dev("/forms", "POST", body);
      const errors: { field: string; code: string }[] = answer.body.errors ?? [];
      answers.push([title, answer.status, ...errors.map(({ field, code }) => `${field} ${code}`)]);
    }

    expect(answers).toEqual(refused.map(([title, _, ...outcome]) => [title, ...outcome]));
    const { forms, form_versions, audit_events = [] } = (await world.traces()).tables;
    expect([forms, form_versions]).toEqual([[], []]);
    expect(audit_events.filter(({ event }) => String(event).startsWith("form."))).toEqual([]);
  });

  test("a regular expression is no member of a field", async () => {
    const withPattern = field({ pattern: "^(a+)+$", format: "regex" });

    const { status, body } = await dev("/forms", "POST", { ...feedback, ...fields(withPattern) });

    expect([status, body.fields]).toEqual([201, [{ ...field(), label: {} }]]);
  });

  test("there is an end to how many forms there are", async () => {
    await world.kernel.database.executeSql(`
      insert into gatehouse.forms (slug, built_in, current_version)
      select 'made-' || n, false, 1 from generate_series(1, 200) as n`);

    const { status, body } = await dev("/forms", "POST", feedback);

    expect([status, body.code]).toEqual([409, "too_many_forms"]);
  });
});
