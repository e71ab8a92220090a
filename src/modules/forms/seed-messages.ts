/** An invented message: its form, how long ago it was sent, and the body as a site would post it. */
export type SeedMessage = { form: string; hoursAgo: number; body: Record<string, unknown> };

const contact: [name: string, email: string, message: string][] = [
  [
    "Ada Lovelace",
    "ada@analytical.example.com",
    "Hello,\nwe would like to know more about your services. When can we talk?",
  ],
  [
    "Grace Hopper",
    "grace@example.org",
    "The link to your price list leads to an empty page. Could you send it to me?",
  ],
  [
    "Jürgen Groß",
    "juergen.gross@example.de",
    "Guten Tag,\nich interessiere mich für eine Beratung im März.\n\nMit freundlichen Grüßen\nJ. Groß",
  ],
  [
    "Chidi Okafor",
    "chidi@example.net",
    "Do you ship to Lagos? We need twelve units before the end of the quarter.",
  ],
  [
    "Zoë Bélanger",
    "zoe@example.com",
    "Bonjour, j’ai lu votre étude de cas avec plaisir. Travaillez-vous aussi avec des écoles ?",
  ],
  [
    "Priya Nair",
    "priya.nair@example.org",
    "Thank you for the quick answer last week! One more question: is there a discount for charities?",
  ],
  [
    "山田 太郎",
    "yamada@example.jp",
    "御社のサービスについて詳しく知りたいです。英語でもご連絡いただけます。",
  ],
  [
    "Tom Baker",
    "tom@example.com",
    "=SUM(A1:A9) is what your calculator shows me instead of a price. Is that on purpose?",
  ],
  [
    "Marta Nowak",
    "marta@example.net",
    "Please remove my address from your newsletter. I never signed up for it.",
  ],
  [
    "Sam O'Neill",
    "sam.oneill@example.com",
    'I\'d like to visit your office next Tuesday, "just to see it". Is that possible?',
  ],
  ["Lena Fischer", "lena@example.de", "Super Seite! 👏 Gibt es eine Stelle für Werkstudierende?"],
  [
    "Diego Ruiz",
    "diego@example.org",
    "- one invoice is missing\n- one was sent twice\nCan somebody call me?",
  ],
];

const demos: Record<string, string>[] = [
  {
    name: "Rosalind Franklin",
    email: "rosalind@lab.example.org",
    company: "Crystal Labs",
    phone: "+44 20 7946 0123",
    job_title: "Head of Research",
    preferred_date: "2027-03-09",
    message: "We are five people and would like to see the reports.",
  },
  {
    name: "Kwame Mensah",
    email: "kwame@example.com",
    company: "Volta Logistics",
    service_interest: "Tracking",
  },
  {
    name: "Ingrid Solberg",
    email: "ingrid@example.no",
    company: "Nordlys AS",
    phone: "+47 21 00 00 00",
    preferred_date: "2027-01-18",
  },
  {
    name: "Paul Weber",
    email: "p.weber@example.de",
    company: "Weber & Söhne GmbH",
    job_title: "Geschäftsführer",
    message: "Bitte auf Deutsch, wenn möglich.",
  },
  {
    name: "Aisha Rahman",
    email: "aisha@example.net",
    company: "Riverbank Clinic",
    service_interest: "Consulting",
    message: "Two hours would be enough.",
  },
  { name: "Joan Clarke", email: "joan@example.org", company: "Hut Eight", job_title: "Analyst" },
];

const quotes: Record<string, string>[] = [
  {
    name: "Hedy Lamarr",
    email: "hedy@example.com",
    company: "Frequency Inc",
    budget_range: "10,000 to 20,000 EUR",
    timeline: "Within three months",
    message: "A pilot for one site, then four more.",
  },
  {
    name: "Luis Alvarez",
    email: "luis@example.net",
    company: "Alvarez Obras",
    volume: "500 a month",
    message: "Please quote for delivery included and for collection.",
  },
  {
    name: "Emma Schmidt",
    email: "emma@example.de",
    company: "Schmidt Druck",
    phone: "030 5550123",
    timeline: "bis Ostern",
    message: "Wir brauchen ein Angebot über 3 Lizenzen.",
  },
  {
    name: "Noah Cohen",
    email: "noah@example.com",
    company: "Cohen Partners",
    service_interest: "Audit",
    budget_range: "below 5,000",
    message: "Only the first phase for now.",
  },
  {
    name: "Mei Lin",
    email: "mei@example.org",
    company: "Lotus Textiles",
    volume: "2,000 metres",
    message: "Two qualities, please price them separately.",
  },
];

const waiting: Record<string, string>[] = [
  { email: "early.bird@example.com", name: "Alan Turing", source: "newsletter" },
  { email: "katherine@example.org", role: "Mathematician" },
  { email: "linus@example.net", company: "Example Oy", source: "fair" },
  { email: "frida@example.com", name: "Frida K." },
  { email: "nikola@example.org", role: "Engineer", company: "Example Power" },
  { email: "mary@example.net" },
];

const investors: Record<string, string>[] = [
  {
    name: "Olivia Hart",
    email: "olivia@capital.example.com",
    firm: "Example Capital",
    ticket_size: "250,000 EUR",
    message: "Could we see the deck?",
  },
  { name: "Viktor Lang", email: "viktor@example.net", firm: "Lang Ventures" },
  {
    name: "Sofia Rossi",
    email: "sofia@example.org",
    ticket_size: "50,000 EUR",
    message: "I invest on my own account.",
  },
];

const pilots: Record<string, string>[] = [
  {
    name: "Margaret Hamilton",
    email: "margaret@example.com",
    company: "Apollo Software",
    role: "Director",
    team_size: "10 to 20",
    use_case: "Sorting requests from customers",
    start_date: "2027-05-03",
  },
  {
    name: "Ben Carter",
    email: "ben@example.org",
    company: "Carter Farms",
    phone: "(555) 010-0199",
    use_case: "Orders that arrive by mail and by telephone",
  },
  {
    name: "Yuki Tanaka",
    email: "yuki@example.jp",
    company: "Sakura Studio",
    team_size: "4",
    message: "We would start small.",
  },
];

/** What robots send: the field that people cannot see is filled in, so both are judged spam. */
const spam: Record<string, string>[] = [
  {
    name: "SEO Team",
    email: "offer@bulk.example.net",
    message: "We put your site on the first page of every search engine!!!",
    _gotcha: "yes",
  },
  {
    name: "Crypto Desk",
    email: "win@bulk.example.net",
    message: "You have won. Click http://bulk.example.net/prize",
    _gotcha: "http://bulk.example.net",
  },
];

/** Everything, oldest first, spread over the last weeks at the pace of a small site. */
export const seedMessages: readonly SeedMessage[] = [
  ...contact.map(([name, email, message]) => ["contact", { name, email, message }] as const),
  ...demos.map((body) => ["demo-request", body] as const),
  ...quotes.map((body) => ["quote-request", body] as const),
  ...waiting.map((body) => ["waitlist", body] as const),
  ...investors.map((body) => ["investor_interest", body] as const),
  ...pilots.map((body) => ["pilot_request", body] as const),
  ...spam.map((body) => ["contact", body] as const),
]
  // 17 shares no factor with their number, so the forms are mixed and every hour is another one.
  .map(([form, body], index, { length }) => ({ form, body, hoursAgo: 3 + ((index * 17) % length) * 18 }))
  .toSorted((one, other) => other.hoursAgo - one.hoursAgo);
