import type { Field, FormDefinition, Texts } from "../catalogue/form-definition";
import { german } from "./language-de";
import { english } from "./language-en";

const languages = { en: english, de: german } as const;

/** A language that pages and messages are written in. */
export type Language = keyof typeof languages;

export const spokenLanguages = Object.keys(languages) as Language[];

export const isSpoken = (code: string): code is Language => Object.hasOwn(languages, code);

/** The fixed words of one language. */
export const wordsOf = (language: Language) => languages[language];

/** The text in this language, else in the form's own, else in English, else in whichever there is. */
export function inLanguage(
  texts: Texts,
  language: Language,
  form?: Pick<FormDefinition, "language">,
): string {
  return texts[language] ?? texts[form?.language ?? "en"] ?? texts.en ?? Object.values(texts)[0] ?? "";
}

/** How a person knows the field: its label, or its name where it has none. */
export function labelOf(field: Field, language: Language, form?: Pick<FormDefinition, "language">): string {
  return inLanguage(field.label, language, form) || field.name;
}
