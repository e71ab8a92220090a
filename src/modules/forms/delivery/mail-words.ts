import type { Language } from "../pages/languages";

/** What the mails to the owner say around the visitor's words. */
type MailWords = {
  subject: (form: string) => string;
  intro: (form: string) => string;
  received: string;
  number: string;
  spam: string;
  answer: string;
  open: string;
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
  },
  de: {
    subject: (form) => `${form}: neue Nachricht`,
    intro: (form) => `Über das Formular „${form}“ ist eine Nachricht eingegangen.`,
    received: "Eingegangen",
    number: "Nummer",
    spam: "Spam-Punkte (0 bis 100)",
    answer: "Antworten Sie auf diese Mail, um der Absenderin oder dem Absender zu antworten.",
    open: "In der Konsole öffnen",
  },
};

export const mailWordsOf = (language: Language): MailWords => mailWords[language];
