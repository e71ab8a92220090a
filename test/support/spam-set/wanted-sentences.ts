import type { Topic } from "./topic";

/** What people send to a company, in our own words. Several say what spam says: links, invoices, investments, rankings. */
export const wantedTopics: readonly Topic[] = [
  {
    name: "first questions",
    learned: [
      "We are {number} people at {company} and look for help with our reporting.",
      "Could you tell me how long a project usually takes?",
      "We would like to see a demo in the week after next.",
      "Does your service work together with our existing system?",
    ],
    met: [
      "A colleague at {company} recommended you to us.",
      "When could we talk about a project that starts in spring?",
      "Is there a demo for teams of {number}?",
      "What does it cost to move our data into your system?",
    ],
  },
  {
    name: "support, with links to the page in question",
    learned: [
      "Since yesterday the page https://{own}/login shows an error after I enter my code.",
      "The download of report {number} stops half way.",
      "I tried it with Firefox and Chrome, the result is the same.",
      "Could somebody have a look, please? We need it for our meeting.",
    ],
    met: [
      "The link https://{own}/docs/setup leads to an empty page.",
      "My colleague cannot sign in any more although the password is right.",
      "We see an error with the number {number} when we save the form.",
      "The same happened in Safari, see https://pictures.example.org/{number}",
    ],
  },
  {
    name: "quotes and orders",
    learned: [
      "Please send us a quote for {number} units delivered to our warehouse.",
      "We need the offer before the end of the quarter.",
      "Is there a discount for more than {number} pieces?",
      "Our budget for this year is about {price}.",
    ],
    met: [
      "We would like to order {number} units and need a quote for our purchasing department.",
      "Do you deliver abroad, and what does it cost?",
      "The budget of {price} has been approved, so we could begin soon.",
      "Please name a price with and without installation.",
    ],
  },
  {
    name: "invoices and payments",
    learned: [
      "The invoice of last month names the wrong company address.",
      "We paid invoice {number} twice by mistake.",
      "Our tax number has changed, please correct it.",
    ],
    met: [
      "One payment of {price} is missing on our statement.",
      "Please send the invoice {number} again, our accounting cannot find it.",
      "May we pay by bank transfer instead of card?",
    ],
  },
  {
    name: "customers who speak like spam",
    learned: [
      "We lost our ranking on Google after the move to the new website, can you help us with that?",
      "Our investors ask for a report on the traffic of the website before they invest.",
      "An online pharmacy is our client and needs a better order form.",
    ],
    met: [
      "Do you also offer SEO, or do you work with a partner for that?",
      "We are a crypto exchange with a licence and want to audit our sign-up form.",
      "Our bank asks for a business plan before it grants the loan, could you review the part on the software?",
    ],
  },
  {
    name: "jobs and press",
    learned: [
      "I am a student and would like to apply for the internship in your team.",
      "I am writing an article about small manufacturers and have two questions.",
      "My portfolio is at https://{person}.example.net",
    ],
    met: [
      "Is the position of a developer still open? My CV is at https://{person}.example.net/cv.pdf",
      "We are a local newspaper and would like to interview somebody of your team.",
      "I could start in March and have worked with similar software for {number} years.",
    ],
  },
  {
    name: "thanks and complaints",
    learned: [
      "Thank you for the quick answer last week.",
      "Nobody has called me back for {number} days.",
      "Please remove my address from your newsletter.",
      "The training was excellent, everybody here learned a lot.",
    ],
    met: [
      "Thanks again, your colleague on the phone was very patient.",
      "I have written twice and got no answer yet.",
      "Please delete the data you have about me.",
      "The last update is a big step forward for our daily work.",
    ],
  },
  {
    name: "German",
    learned: [
      "Guten Tag, wir interessieren uns für eine Beratung im {month}.",
      "Könnten Sie mich bitte nächste Woche zurückrufen?",
      "Wir sind ein Betrieb mit {number} Mitarbeitern und suchen eine neue Lösung.",
      "Auf der Rechnung steht noch unsere alte Anschrift.",
    ],
    met: [
      "Ich hätte eine Frage zu Ihrem Angebot: Gilt der Preis auch für Vereine?",
      "Wann wäre ein Termin im {month} möglich?",
      "Unsere Mitarbeiter kommen seit heute nicht mehr in das Portal.",
      "Bitte schicken Sie mir die Rechnung noch einmal zu.",
    ],
  },
  {
    name: "short",
    learned: ["Please call me.", "Are you open on Saturdays?", "Bitte um Rückruf.", "Where can I park?"],
    met: ["Call me back please", "Wann haben Sie geöffnet?", "Is this still available?", "Test, ignore"],
  },
];
