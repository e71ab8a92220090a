import type { Language } from "../pages/languages";
import type { LinkMail } from "./worded-mail";

/** What the mails to the owner say around the visitor's words, and what visitors are told in our own. */
type MailWords = {
  subject: (form: string) => string;
  intro: (form: string) => string;
  received: string;
  number: string;
  spam: string;
  answer: string;
  open: string;
  /** Asks a visitor to confirm; `form` is its title, in the team's words. */
  optIn: (form: string, days: number) => LinkMail;
  invitation: LinkMail;
};

const mailWords: Record<Language, MailWords> = {
  en: {
    subject: (form) => `${form}: new message`,
    intro: (form) => `A message arrived by the form “${form}”.`,
    received: "Received",
    number: "Number",
    spam: "Spam score (0 to 100)",
    answer: "Reply to this mail to answer the sender.",
    open: "Open it in the console",
    optIn: (form, days) => ({
      subject: "Please confirm your e-mail address",
      before: `Somebody, probably you, gave this address in the form “${form}”. Please confirm that it was you:`,
      action: "Confirm, or say that it was not you",
      after: `The page behind the link has a button; nothing happens before you press it. The link works for ${days} days. If it was not you, ignore this mail, or say so on that page: then we write to you no more.`,
    }),
    invitation: {
      subject: "It is your turn",
      before: "You were on our waitlist. It is your turn now:",
      action: "Come in",
      after: "You get this mail because you confirmed that you want to hear from us.",
    },
  },
  de: {
    subject: (form) => `${form}: neue Nachricht`,
    intro: (form) => `Über das Formular „${form}“ ist eine Nachricht eingegangen.`,
    received: "Eingegangen",
    number: "Nummer",
    spam: "Spam-Punkte (0 bis 100)",
    answer: "Antworten Sie auf diese Mail, um der Absenderin oder dem Absender zu antworten.",
    open: "In der Konsole öffnen",
    optIn: (form, days) => ({
      subject: "Bitte bestätigen Sie Ihre E-Mail-Adresse",
      before: `Jemand, vermutlich Sie, hat diese Adresse im Formular „${form}“ angegeben. Bitte bestätigen Sie, dass Sie das waren:`,
      action: "Bestätigen oder sagen, dass Sie das nicht waren",
      after: `Die Seite hinter dem Link hat eine Schaltfläche; vorher geschieht nichts. Der Link gilt ${days} Tage. Wenn Sie das nicht waren, beachten Sie diese Mail nicht oder sagen Sie es uns auf jener Seite: Dann schreiben wir Ihnen nicht mehr.`,
    }),
    invitation: {
      subject: "Sie sind an der Reihe",
      before: "Sie standen auf unserer Warteliste. Jetzt sind Sie an der Reihe:",
      action: "Zur Website",
      after: "Sie erhalten diese Mail, weil Sie bestätigt haben, dass Sie von uns hören möchten.",
    },
  },
};

export const mailWordsOf = (language: Language): MailWords => mailWords[language];
