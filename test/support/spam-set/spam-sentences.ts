import type { Topic } from "./topic";

/** What robots and hired writers send through contact forms, in our own words. */
export const spamTopics: readonly Topic[] = [
  {
    name: "search engine offers",
    learned: [
      "I was looking at {site} and noticed it does not rank on the first page of Google.",
      "Our SEO team can bring you {number} quality backlinks every month.",
      "We guarantee top 10 rankings for your keywords within {number} weeks.",
      "Would you like a free SEO audit of your website?",
      "More organic traffic means more leads and more sales for your business.",
    ],
    met: [
      "While checking {site} we found several errors that hurt its position in search results.",
      "Our experts build backlinks from high authority blogs at an affordable price.",
      "Shall I send you a proposal with pricing for monthly SEO?",
      "Most of your competitors get traffic from keywords that your website is missing.",
      "Reply with your phone number and I will share the audit report.",
    ],
  },
  {
    name: "web design offers",
    learned: [
      "We are a web design and mobile app company based in India.",
      "I can redesign your website to look modern on every device for {price} only.",
      "Please share your requirements and we will send our portfolio and price list.",
      "We have helped {number} businesses with WordPress, Shopify and app development.",
    ],
    met: [
      "Do you need a redesign of your website or a new mobile app?",
      "Our web developers work on WordPress and Shopify at {price} a month.",
      "Kindly let me know if you are interested and I will share samples and pricing.",
      "An outdated design makes your business lose customers every day.",
    ],
  },
  {
    name: "crypto",
    learned: [
      "Our trading bot made {number} percent profit with Bitcoin last week.",
      "Invest {price} today and withdraw your earnings daily at {link}",
      "Join thousands of members who already earn passive income with crypto.",
      "Register now to claim your free bonus: {link}",
    ],
    met: [
      "Earn up to {number} BTC a month, no experience needed: {link}",
      "The new crypto platform everybody talks about pays daily profit to each investor.",
      "Your account has a bonus waiting, claim it now {link}",
      "Start with a deposit of only {price} and watch your passive income grow.",
    ],
  },
  {
    name: "pills",
    learned: [
      "Buy Viagra and Cialis online without prescription {link}",
      "Cheap generic pills, discreet worldwide shipping, {number} percent discount today.",
      "Lose weight fast with our natural keto capsules.",
      "Best online pharmacy, order now {link}",
    ],
    met: [
      "No prescription needed: cheap Cialis and Tramadol at our pharmacy {link}",
      "Order generic medication online today and get {number} free pills.",
      "Doctors hate this natural way to lose weight, try it now {link}",
      "Discreet shipping, lowest price, best discount online.",
    ],
  },
  {
    name: "loans",
    learned: [
      "Do you need an urgent business loan at {number} percent interest rate?",
      "We offer loans from {price} to 50 million without collateral.",
      "Apply now and receive the funds within 24 hours.",
      "I represent an investor with capital who wants to fund projects in your country.",
    ],
    met: [
      "Get funding for your company today, bad credit accepted.",
      "Our investors provide capital and loan facilities at a low interest rate.",
      "The funds of {price} are available for serious borrowers, apply now.",
      "Contact us for a loan without collateral, approval within 24 hours.",
    ],
  },
  {
    name: "business letters: address lists and fake renewals",
    learned: [
      "We provide a verified email list of decision makers in your industry.",
      "Let me know your target audience and I will send counts and pricing.",
      "This is the final notice: the listing of {site} expires today unless you pay {price}.",
      "Failure to complete the payment may result in the loss of your search listing.",
    ],
    met: [
      "Would you be interested in acquiring an updated attendees list with verified contacts?",
      "Each record has company name, email, phone and job title, please let me know for pricing.",
      "Notice of expiration for {site}: your listing will be terminated, complete the payment of {price} here {link}",
      "We can reach decision makers of your target market by verified email campaigns.",
    ],
  },
  {
    name: "German offers",
    learned: [
      "Wir bringen Ihre Webseite garantiert auf Platz 1 bei Google.",
      "Sichern Sie sich jetzt Ihre kostenlose SEO Analyse: {link}",
      "Sofortkredit ohne Schufa bis {price}, Auszahlung in 24 Stunden.",
      "Mit unserer Methode gewinnen Sie {number} Neukunden im Monat, garantiert.",
    ],
    met: [
      "Ihre Webseite verliert täglich Kunden, weil sie bei Google nicht gefunden wird.",
      "Jetzt kostenlos Analyse anfordern und mehr Neukunden gewinnen {link}",
      "Kredit ohne Schufa, Auszahlung sofort, bis zu {price}.",
      "Wir liefern garantiert {number} qualifizierte Anfragen jeden Monat.",
    ],
  },
  {
    name: "Russian offers",
    learned: [
      "Продвижение сайтов в топ Google, гарантия результата {link}",
      "Заработок в интернете без вложений, {number} рублей в день.",
      "Онлайн казино, бонус за регистрацию {link}",
    ],
    met: [
      "Раскрутка и продвижение вашего сайта, быстро и недорого {link}",
      "Казино онлайн: бонус каждому, вывод денег за {number} минут.",
      "Пассивный заработок в интернете, регистрация здесь {link}",
    ],
  },
];
