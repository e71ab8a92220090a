import { catalogue } from "./catalogue";
import { type CompiledForm, compileForm } from "./compile-form";

/** Every built-in form as this release has it, ready to check posts, by slug. `formsOf` gives them as they are served. */
export const compiledForms: ReadonlyMap<string, CompiledForm> = new Map(
  catalogue.map((definition) => [definition.slug, compileForm(definition)]),
);
