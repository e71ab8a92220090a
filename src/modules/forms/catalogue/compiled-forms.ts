import { notFound } from "#/kernel/errors";
import { canaryForm } from "./canary-form";
import { catalogue } from "./catalogue";
import { type CompiledForm, compileForm } from "./compile-form";
import type { FormDefinition } from "./form-definition";

/** Every form of the catalogue, ready to check posts, by slug. */
export const compiledForms: ReadonlyMap<string, CompiledForm> = new Map(
  catalogue.map((definition) => [definition.slug, compileForm(definition)]),
);

export const findForm = (slug: string): CompiledForm | undefined => compiledForms.get(slug);

/** Refuses an unknown slug with 404 `not_found`. */
export function getForm(slug: string): CompiledForm {
  const form = compiledForms.get(slug);
  if (!form) throw notFound("form");
  return form;
}

/** The definition that a message was checked with; undefined where the form is no longer there. */
export const formAt = (slug: string, _version: number): FormDefinition | undefined =>
  slug === canaryForm.slug ? canaryForm : findForm(slug)?.definition;
