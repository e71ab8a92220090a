import { describe, expect, test } from "bun:test";
import { createAdmission } from "#/modules/forms/intake/admit-post";
import { browser } from "../support/world";

const capacity = 5_000;
const program = new Request("http://localhost/f/contact", { method: "POST" });
const visitor = new Request("http://localhost/f/contact", { method: "POST", headers: browser });

/** An admission under a clock that moves by hand, behind a database that commits so many messages a second. */
function behind(rate: number) {
  let at = 1_000_000;
  const admission = createAdmission(capacity, () => at);
  const pass = (ms: number) => {
    at += ms;
  };
  return {
    ...admission,
    pass,
    /** A second of commits, each with `left` messages waiting behind it. */
    work(left: number) {
      admission.limit(left);
      for (let commit = 0; commit < 20; commit++) {
        pass(50);
        admission.committed(rate / 20, left);
      }
    },
  };
}

describe("the waiting room", () => {
  test("takes a crowd before anything was measured, and one message more is refused", () => {
    const { limit, refusalOf } = behind(1_000);

    expect(limit(0)).toBe(600);
    expect(refusalOf(program, 599)).toBeUndefined();
    expect(refusalOf(program, 600)).toMatchObject({ status: 503, code: "unavailable", retryAfter: 2 });
  });

  test.each([
    [100, 600],
    [8_000, 2_000],
    [100_000, capacity],
  ])("of a database that commits %i a second holds %i", (rate, most) => {
    const { limit, work } = behind(rate);

    work(900);

    expect(limit(900)).toBe(most);
  });

  test("is not made smaller by a quiet hour, in which little is committed because little is sent", () => {
    const { limit, pass, work, committed } = behind(8_000);
    work(900);

    for (let message = 0; message < 100; message++) {
      pass(1_000);
      limit(0);
      pass(5);
      committed(1, 0);
    }

    expect(limit(0)).toBe(2_000);
  });

  test("follows a database that becomes slow", () => {
    const { limit, committed, pass, work } = behind(8_000);
    work(2_000);

    for (let commit = 0; commit < 20; commit++) {
      pass(100);
      committed(300, 1_500);
    }

    expect(limit(1_500)).toBeGreaterThan(700);
    expect(limit(1_500)).toBeLessThan(800);
  });

  test("is as large as the queue while nothing is committed: that is no load, and passes", () => {
    const { limit, refusalOf, committed, pass } = behind(1_000);
    expect(limit(0)).toBe(600);

    pass(1_001);

    expect(limit(700)).toBe(capacity);
    expect(refusalOf(program, 700)).toBeUndefined();
    committed(256, 500);
    expect(limit(700)).toBe(600);
  });
});

describe("a visitor without script", () => {
  test("is let in to get the text back on a page, 200 of them a second", () => {
    const { refusalOf, pass } = behind(1_000);

    const outcomes = Array.from({ length: 250 }, () => refusalOf(visitor, 600)?.status);
    pass(1_000);

    expect(outcomes.filter((status) => status === undefined)).toHaveLength(200);
    expect(outcomes.slice(200)).toEqual(Array(50).fill(503));
    expect(refusalOf(visitor, 600)).toBeUndefined();
  });
});
