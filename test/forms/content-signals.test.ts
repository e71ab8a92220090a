import { expect, test } from "bun:test";
import fc from "fast-check";
import { compiledForms } from "#/modules/forms/catalogue/compiled-forms";
import { contentSignal } from "#/modules/forms/screening/content-signals";
import { screenSubmission } from "#/modules/forms/screening/screen-submission";
import type { Signal } from "#/modules/forms/screening/signal";
import { contact } from "../support/sample-posts";

const { definition } = compiledForms.get("contact")!;
const pointsOf = (fields: object) =>
  Object.fromEntries(
    contentSignal({ ...contact, ...fields }, definition).reasons.map(({ code, points }) => [code, points]),
  );

test.each([
  ["plain text", {}, {}],
  ["one link", { message: "See https://example.com" }, { "links:1": 8 }],
  ["an address without scheme", { message: "See www.example.com" }, { "links:1": 8 }],
  [
    "links in several fields",
    { message: "http://a.example", topics: ["HTTPS://b.example"] },
    { "links:2": 16 },
  ],
  ["many links", { message: "http://a.example ".repeat(50) }, { "links:50": 40 }],
  ["a link as a name", { name: "Win http://a.example" }, { "links:1": 8, link_in_name: 40 }],
  ["a link in an undeclared name", { "Last Name": "www.a.example" }, { "links:1": 8, link_in_name: 40 }],
  ["a link of HTML", { message: '<a href="//a.example">win</a>' }, { markup: 20 }],
  ["a link of a board", { message: "[url=//a.example]win[/url]" }, { markup: 20 }],
  ["something like markup", { message: "if a<b and [urls] are <abc>" }, {}],
])("%s", (_title, fields, expected) => {
  expect(pointsOf(fields)).toEqual(expected as Record<string, number>);
});

test("a field that asks for an address of the web may hold one", () => {
  const form = { fields: [{ name: "site", type: "url" as const, label: {} }] };

  expect(contentSignal({ site: "https://a.example" }, form).reasons).toEqual([]);
});

test("a long text is read in a moment, whatever it holds", () => {
  const texts = ["<a ", "http://", "www", "[url", "<"].map((piece) => piece.repeat(250_000 / piece.length));

  const began = performance.now();
  for (const message of texts) pointsOf({ message });

  expect(performance.now() - began).toBeLessThan(2_000);
});

const signals = fc.array(
  fc.record(
    {
      reasons: fc.array(
        fc.record({ code: fc.string(), points: fc.integer({ min: -100, max: 100 }), text: fc.string() }),
      ),
      atLeast: fc.constantFrom("held" as const, "spam" as const),
      decided: fc.constantFrom("inbox" as const, "held" as const, "spam" as const),
    },
    { requiredKeys: ["reasons"] },
  ),
);

test("a score is between 0 and 100 whatever the signals say, and the state follows from it", () => {
  fc.assert(
    fc.property(signals, (all) => {
      const { score, state, reasons } = screenSubmission(all);
      const sum = reasons.reduce((total, { points }) => total + points, 0);

      expect(score).toBe(Math.max(0, Math.min(100, sum)));
      expect(reasons).toEqual(all.flatMap((signal) => signal.reasons));
      const byScore = score >= 80 ? "spam" : score >= 50 ? "held" : "inbox";
      const floor = all.some(({ atLeast }) => atLeast === "spam")
        ? "spam"
        : all.some(({ atLeast }) => atLeast === "held") && byScore === "inbox"
          ? "held"
          : byScore;
      expect(state).toBe(all.find(({ decided }) => decided)?.decided ?? floor);
    }),
  );
});

test.each([
  [49, "inbox"],
  [50, "held"],
  [79, "held"],
  [80, "spam"],
])("%i points are %s by the usual thresholds", (points, state) => {
  const signal: Signal = { reasons: [{ code: "x", points, text: "" }] };

  expect(screenSubmission([signal]).state).toBe(state as "inbox");
  expect(screenSubmission([signal], { held: 101, spam: 101 }).state).toBe("inbox");
});
