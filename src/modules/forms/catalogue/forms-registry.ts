import type { Db } from "#/kernel/db";
import { AppError, notFound, unavailable } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { canaryForm } from "./canary-form";
import { type CompiledForm, compileForm } from "./compile-form";
import { compiledForms } from "./compiled-forms";
import type { FormDefinition } from "./form-definition";
import { type FormState, findVersion, listFormStates, settleBuiltIn } from "./load-forms";

/** Definitions of former versions that are kept at hand; each is at most 128 KB. */
const KEPT_VERSIONS = 64;

/** The forms of one database: built-in ones, as the team has set them, and those that the team made. */
export type Forms = {
  /** Ready to check posts; undefined where there is none, or no longer. */
  find(slug: string): CompiledForm | undefined;
  /**
   * Refuses an unknown slug with 404 `not_found`, that of a deleted form with 410 `form_gone`, and with 503 while
   * nobody could read yet which forms the team has made.
   */
  get(slug: string): CompiledForm;
  /**
   * The definition that a message was checked with, read by `db`: inside a transaction its `tx`, because the embedded
   * database has no second connection.
   */
  at(db: Db, slug: string, version: number): Promise<FormDefinition | undefined>;
  /** What a form is now, also a deleted one; undefined where there is none. */
  definitionOf(slug: string): FormDefinition | undefined;
  /** Those that are served: the built-in ones in their order, then the others by name. */
  all(): readonly FormDefinition[];
  /** Every form that may have messages, deleted ones too. */
  slugs(): readonly string[];
  /** Reads again what has changed. What the team changes here is served when this resolves. */
  refresh(): Promise<void>;
};

type Served = { state: FormState; definition: FormDefinition; compiled?: CompiledForm };

const registries = new WeakMap<Db, Forms>();

/** The one registry of a database: routes, jobs and commands find the same. */
export function formsOf({ db }: Pick<Kernel, "db">): Forms {
  const known = registries.get(db) ?? createForms(db);
  registries.set(db, known);
  return known;
}

function createForms(db: Db): Forms {
  let made: ReadonlyMap<string, Served> = new Map();
  let isLoaded = false;
  let refreshing: Promise<void> = Promise.resolve();
  const versions = createVersionCache();

  const load = async (): Promise<void> => {
    const next = new Map<string, Served>();
    for (const state of await listFormStates(db)) {
      const before = made.get(state.slug);
      const isSame = before?.state.version === state.version;
      const stored = isSame ? before.definition : await findVersion(db, state.slug, state.version);
      if (!stored) continue;
      const definition = isSame ? stored : settleBuiltIn(stored);
      next.set(state.slug, { ...(isSame && before), state, definition });
    }
    for (const slug of made.keys()) if (!next.has(slug)) versions.forget(slug);
    made = next;
    isLoaded = true;
  };

  const find = (slug: string): CompiledForm | undefined => {
    const served = made.get(slug);
    if (!served) return compiledForms.get(slug);
    if (served.state.deleted) return undefined;
    served.compiled ??= compileForm(served.definition, served.state.version);
    return served.compiled;
  };

  return {
    find,
    get(slug) {
      const form = find(slug);
      if (form) return form;
      if (made.has(slug)) throw new AppError(410, "form_gone", "This form no longer exists");
      throw isLoaded ? notFound("form") : unavailable("Cannot tell yet which forms there are");
    },
    async at(connection, slug, version) {
      if (slug === canaryForm.slug) return canaryForm;
      const served = made.get(slug);
      if (served?.state.version === version) return served.definition;
      if (version === 0) return compiledForms.get(slug)?.definition;
      return (
        versions.get(slug, version) ?? versions.keep(await findVersion(connection, slug, version), version)
      );
    },
    definitionOf: (slug) => made.get(slug)?.definition ?? compiledForms.get(slug)?.definition,
    all() {
      const builtIn = [...compiledForms.values()].map(
        ({ definition }) => made.get(definition.slug)?.definition ?? definition,
      );
      const own = [...made.values()].filter(({ state }) => !state.deleted && !compiledForms.has(state.slug));
      return [...builtIn, ...own.map(({ definition }) => definition)];
    },
    slugs: () => [...new Set([...compiledForms.keys(), ...made.keys()])],
    refresh() {
      // One after the other: a reading that began before a change must not be the last.
      refreshing = refreshing.catch(() => {}).then(load);
      return refreshing;
    },
  };
}

/** The definitions asked for last. A version never changes, so nothing in here grows old. */
function createVersionCache() {
  const kept = new Map<string, FormDefinition>();
  const keyOf = (slug: string, version: number) => `${slug} ${version}`;
  return {
    get(slug: string, version: number): FormDefinition | undefined {
      const key = keyOf(slug, version);
      const definition = kept.get(key);
      if (definition && kept.delete(key)) kept.set(key, definition);
      return definition;
    },
    keep(definition: FormDefinition | undefined, version: number): FormDefinition | undefined {
      if (!definition) return undefined;
      kept.set(keyOf(definition.slug, version), definition);
      const [oldest] = kept.keys();
      if (kept.size > KEPT_VERSIONS && oldest !== undefined) kept.delete(oldest);
      return definition;
    },
    forget(slug: string): void {
      for (const key of kept.keys()) if (key.startsWith(`${slug} `)) kept.delete(key);
    },
  };
}
