import { beforeEach, expect, test } from "bun:test";
import { countInbox } from "#/modules/forms";
import { idOfMinutesAgo, insertMessages } from "../support/stored-messages";
import { joinTeam, type Member } from "../support/team";
import { openWorld } from "../support/world";

const world = await openWorld();

type Message = {
  id: string;
  form: string;
  state: "received" | "inbox" | "held" | "spam";
  handling: "new" | "read" | "replied" | "archived";
  emailNormalised: string;
  fields: Record<string, string | string[]>;
  subject: string | null;
};
type Page = { items: { id: string }[]; next: string | null };

const forms = ["contact", "waitlist", "demo-request"];
const states = ["received", "inbox", "inbox", "inbox", "inbox", "inbox", "held", "spam"] as const;
const handlings = ["new", "new", "read", "replied", "archived"] as const;
const words = ["invoice", "100% wool", "under_score", 'a "quoted" word', "back\\slash", "İstanbul Größe"];

/** Numbers that look like chance and are the same in each run. */
function numbers(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function invent(count: number): Message[] {
  const pick = numbers(7);
  const one = <T>(list: readonly T[]): T => list[pick(list.length)] as T;
  return Array.from({ length: count }, (_, at): Message => {
    const email = `person-${pick(12)}@example.com`;
    return {
      id: idOfMinutesAgo(count - at),
      form: one(forms),
      state: one(states),
      handling: one(handlings),
      emailNormalised: email,
      fields: { name: `Person ${at}`, email, message: `About ${one(words)}`, topics: ["x", one(words)] },
      subject: pick(10) === 0 ? "The Subject" : null,
    };
  });
}

type Query = {
  form?: string;
  state?: string;
  handling?: string;
  q?: string;
  email?: string;
  since?: string;
  until?: string;
};

/** What the documentation says, in the plainest words. */
function isWanted(message: Message, query: Query): boolean {
  const { form, state = "inbox", handling, q = "", email, since, until } = query;
  const at = Number.parseInt(message.id.replaceAll("-", "").slice(0, 12), 16);
  const texts = Object.values(message.fields).map((value) =>
    (Array.isArray(value) ? JSON.stringify(value) : value).toLowerCase(),
  );
  const words = q.toLowerCase().split(" ").filter(Boolean);
  return (
    message.state === state &&
    (form === undefined || message.form === form) &&
    (handling === undefined || message.handling === handling) &&
    (email === undefined || message.emailNormalised === email.toLowerCase()) &&
    (since === undefined || at >= Date.parse(since)) &&
    (until === undefined || at < Date.parse(until)) &&
    words.every((word) => texts.some((text) => text.includes(word)))
  );
}

/** Every page of a list, joined, and how many there were. */
async function readAll(team: Member, query: Query, limit: number): Promise<{ ids: string[]; pages: number }> {
  const ids: string[] = [];
  let after: string | null = null;
  for (let pages = 1; ; pages++) {
    const asked = new URLSearchParams({ ...query, limit: String(limit), ...(after !== null && { after }) });
    const page: Page = await team.read<Page>(`/submissions?${asked}`);
    expect(page.items.length).toBeLessThanOrEqual(limit);
    ids.push(...page.items.map(({ id }) => id));
    after = page.next;
    if (after === null) return { ids, pages };
  }
}

const day = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

world.describe("the list of messages", () => {
  const messages = invent(2_600);
  let team: Member;
  beforeEach(async () => {
    team = await joinTeam(world);
    await insertMessages(world.kernel, messages);
  });
  const wanted = (query: Query) =>
    messages
      .filter((message) => isWanted(message, query))
      .map(({ id }) => id)
      .toReversed();

  const narrow: Query[] = [{}, { since: day(900) }, { since: day(2_000), until: day(500) }];
  const inForm: Query[] = [{}, { form: "contact" }];
  const inState: Query[] = [
    {},
    { state: "inbox" },
    { state: "held" },
    { state: "spam" },
    { state: "received" },
  ];
  const handled: Query[] = [{}, { handling: "new" }, { handling: "archived" }];
  const searched: Query[] = [{}, { q: "invoice" }, { q: "INVOICE about" }];
  const matrix = inForm.flatMap((form) =>
    inState.flatMap((state) =>
      handled.flatMap((handling) => searched.map((q): Query => ({ ...form, ...state, ...handling, ...q }))),
    ),
  );

  test("holds what the filters say, each once and newest first, page by page", async () => {
    for (const [at, query] of matrix.entries()) {
      const asked = { ...query, ...narrow[at % narrow.length] };

      const { ids } = await readAll(team, asked, 190);

      expect({ asked, ids }).toEqual({ asked, ids: wanted(asked) });
    }
    expect(wanted({ q: "invoice" }).length).toBeGreaterThan(100);
  }, 60_000);

  const searches: Query[] = [
    { email: "Person-3@Example.com" },
    { email: "person-3@example.com", form: "waitlist", handling: "new" },
    { q: "under_score" },
    { q: "underxscore" },
    { q: "Person 25" },
    { q: "message" },
    { q: "nobody wrote this" },
  ];
  test("finds all that a search holds, however far apart", async () => {
    for (const query of searches) {
      const { ids } = await readAll(team, query, 20);

      expect({ query, ids }).toEqual({ query, ids: wanted(query) });
    }
  }, 60_000);

  test("looks through 1,000 messages a call, and says where to go on", async () => {
    const first = await team.read<Page>("/submissions?q=nobody");

    expect(first.items).toEqual([]);
    expect(first.next).toBeString();
    expect((await readAll(team, { q: "nobody" }, 50)).pages).toBe(2);
  });

  test("shows each message once while others arrive", async () => {
    const first = await team.read<Page>("/submissions?limit=20");
    await insertMessages(world.kernel, [{ id: Bun.randomUUIDv7() }, { id: Bun.randomUUIDv7() }]);

    const second = await team.read<Page>(
      `/submissions?limit=20&after=${encodeURIComponent(first.next ?? "")}`,
    );

    const ids = [...first.items, ...second.items].map(({ id }) => id);
    expect(ids).toEqual(wanted({}).slice(0, 40));
  });

  test("is counted by form and state, and for the summary", async () => {
    const { items } = await team.read<{ items: { slug: string; counts: Record<string, number> }[] }>(
      "/forms",
    );
    const figures = await countInbox(world.kernel.db, new Date());

    const countOf = (form: string) =>
      Object.fromEntries(
        ["received", "inbox", "held", "spam"].map((state) => [state, wanted({ form, state }).length]),
      );
    const slugs = [...forms, "quote-request"];
    expect(Object.fromEntries(items.map(({ slug, counts }) => [slug, counts]))).toMatchObject(
      Object.fromEntries(slugs.map((form) => [form, countOf(form)])),
    );
    expect(figures.submissions).toEqual({
      new: wanted({ handling: "new" }).length,
      held: wanted({ state: "held" }).length,
      "24h": ["received", "inbox", "held", "spam"].reduce(
        (sum, state) => sum + wanted({ state, since: day(1_440) }).length,
        0,
      ),
    });
  });
});
