import { spamTopics } from "./spam-sentences";
import type { Topic } from "./topic";
import { wantedTopics } from "./wanted-sentences";

export type LabelledMessage = {
  isSpam: boolean;
  /** Made of sentences that no learned message has. */
  isNew: boolean;
  topic: string;
  fields: { name: string; email: string; message: string };
};

/**
 * The labelled set: messages to a contact form, invented here and free to use; nobody's mail went into it.
 *
 * How it is made: sentences were written on eight subjects of spam and nine of wanted mail (the files beside this one),
 * each subject twice: `learned`, and `met`, which says such things again in other words. A message is a subject, drawn
 * evenly; in half of them a greeting; one to three different sentences of the subject in random order; in half of them a
 * closing. Names, addresses, companies, hosts, prices and numbers are drawn. Half of all messages are spam.
 * `learned` messages have the `learned` sentences. Of the `met` ones every wanted message is new, because no two people
 * write alike; of the spam every second message is new and the others belong to a wave that goes on: the sentences that
 * were learned, in another order, from other senders, with links to other hosts.
 *
 * What makes it hard: names, companies, link hosts and, but for the big mail providers, senders' domains of the two
 * parts differ. Both kinds use the same greetings, closings and providers. Among the wanted messages are some of two
 * words, German ones, some with links, and customers who speak of rankings, investors, a crypto exchange or an online
 * pharmacy; among the spam are polite business letters without a link, and German and Russian ones.
 * What is easier than reality: there are few subjects, one hand wrote both parts, and nobody tries to outwit this filter.
 *
 * The same seed (32 bits) gives the same messages.
 */
export function makeSpamSet(part: Part, count: number, seed: number): LabelledMessage[] {
  const random = mulberry32(seed);
  return Array.from({ length: count }, (_, at) => {
    const isSpam = at % 2 === 0;
    const isNew = part === "met" && (!isSpam || at % 4 === 0);
    return makeMessage({ part, isSpam, isNew }, random);
  });
}

type Part = "learned" | "met";
type Random = () => number;

const shared = {
  greetings: ["Hello,", "Hi there,", "Dear Sir or Madam,", "Good morning,", "Hi,"],
  closings: ["Kind regards,\n{name}", "Best regards,\n{name}", "Thanks,\n{name}", "Thank you in advance!"],
  german: {
    greetings: ["Guten Tag,", "Sehr geehrte Damen und Herren,", "Hallo,"],
    closings: ["Mit freundlichen Grüßen\n{name}", "Viele Grüße\n{name}"],
  },
  providers: ["gmail.com", "outlook.com", "yahoo.com", "gmx.de"],
  months: ["Januar", "März", "Mai", "September"],
};

const ofPart = {
  learned: {
    names: ["Anna Weber", "John Miller", "Priya Shah", "Marek Nowak", "Laura Rossi", "David Chen"],
    companies: ["Hansen Druck", "Bluewater Logistics", "Orchard Foods", "Kern Metallbau"],
    senders: ["hansen.example", "bluewater.example", "mailer-one.example", "growth-lab.example"],
    hosts: ["rank-now.example", "coin-rise.example", "pills-4u.example", "win-more.example"],
  },
  met: {
    names: ["Eva Brandt", "Peter Clark", "Rahul Mehta", "Ivana Horvat", "Paul Girard", "Mei Lin"],
    companies: ["Nordlicht Optik", "Summit Bikes", "Castle Toys", "Wagner Holzbau"],
    senders: ["nordlicht.example", "summit.example", "mailer-two.example", "boost-lab.example"],
    hosts: ["top-list.example", "btc-moon.example", "meds-fast.example", "lucky-day.example"],
  },
};

function makeMessage(
  { part, isSpam, isNew }: { part: Part; isSpam: boolean; isNew: boolean },
  random: Random,
): LabelledMessage {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const topic = pick<Topic>(isSpam ? spamTopics : wantedTopics);
  const own = ofPart[part];
  const name = pick(own.names);
  const domain = random() < 0.6 ? pick(shared.providers) : pick(own.senders);
  const frame = topic.name.startsWith("German") ? shared.german : shared;
  const isShort = topic.name === "short";
  const sentences = shuffle(isNew ? topic.met : topic.learned, random).slice(
    0,
    isShort ? 1 : 1 + Math.floor(random() * 3),
  );
  const text = [
    ...(!isShort && random() < 0.5 ? [pick(frame.greetings)] : []),
    sentences.join(" "),
    ...(!isShort && random() < 0.5 ? [pick(frame.closings)] : []),
  ].join("\n");
  const values: Record<string, () => string> = {
    name: () => name,
    site: () => "www.our-company.example",
    own: () => "www.our-company.example",
    company: () => pick(own.companies),
    person: () => name.toLowerCase().replace(" ", "-"),
    link: () => `https://${pick(own.hosts)}/${Math.floor(random() * 1e6).toString(36)}`,
    number: () => String(2 + Math.floor(random() * 90)),
    price: () => `${1 + Math.floor(random() * 90)}00 ${pick(["EUR", "USD", "$"])}`,
    month: () => pick(shared.months),
  };
  const message = text.replace(/\{(\w+)\}/g, (_, slot: string) => values[slot]?.() ?? slot);
  const email = `${name.toLowerCase().replace(" ", ".")}${Math.floor(random() * 1e4)}@${domain}`;
  return { isSpam, isNew, topic: topic.name, fields: { name, email, message } };
}

function shuffle<T>(from: readonly T[], random: Random): T[] {
  return from
    .map((value) => ({ value, at: random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ value }) => value);
}

/** A small generator of random numbers with a seed (Tommy Ettinger's mulberry32, public domain): 0 up to 1. */
function mulberry32(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
