import type { WireForm } from "./definition-schema";
import type { FormDefinition } from "./form-definition";

/** The part of a definition that the team writes; slug and doors are given by the service. */
export type WrittenForm = Omit<FormDefinition, "slug" | "doors">;

const toCamel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const toSnake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Members whose own members are words of ours too; all others hold texts and names of the team's. */
const nested = new Set(["captcha", "retention"]);

/** A definition as it is stored, with its defaults. Members that are null are left out. Nothing is checked. */
export function toDefinition(
  wire: { readonly [Name in keyof WireForm]: WireForm[Name] | null },
): WrittenForm {
  const { fields, next, ...written } = rename(wire, toCamel) as Partial<WrittenForm>;
  return {
    unlisted: "keep",
    allowedOrigins: [],
    open: true,
    ...written,
    // As a header takes it.
    ...(next !== undefined && { next: URL.parse(next)?.href ?? next }),
    title: written.title ?? {},
    fields: (fields ?? []).map((field) => ({ ...field, label: field.label ?? {} })),
  };
}

/** The same as the team reads it. */
export const toWire = ({ slug, doors, ...definition }: FormDefinition): WireForm =>
  rename(definition, toSnake) as WireForm;

function rename(members: object, word: (name: string) => string): object {
  const renamed = Object.entries(members).flatMap(([name, value]) => {
    if (value === null || value === undefined) return [];
    return [[word(name), nested.has(name) ? rename(value, word) : value] as const];
  });
  return Object.fromEntries(renamed);
}
