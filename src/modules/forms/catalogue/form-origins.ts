import type { Config } from "#/kernel/config";
import { type CorsPolicy, formsCors } from "#/kernel/http";
import { compiledForms } from "./compiled-forms";
import type { FormDefinition } from "./form-definition";
import type { Forms } from "./forms-registry";

type Settings = Pick<Config, "PUBLIC_URL" | "allowedOrigins">;

/** Which sites may post to a form and read its answers: its own list, else the service's. */
export const originsOf = (config: Settings, { allowedOrigins }: FormDefinition): CorsPolicy =>
  formsCors({
    PUBLIC_URL: config.PUBLIC_URL,
    allowedOrigins: allowedOrigins.length > 0 ? allowedOrigins : config.allowedOrigins,
  });

const doors = new Map(
  [...compiledForms.values()].flatMap(({ definition: { slug, doors } }) =>
    doors.map((door) => [door, slug] as const),
  ),
);

/** The same by the address that was asked for; one that is no form's has the list of the service. */
export function originsByPath(config: Settings, forms: () => Forms): (path: string) => CorsPolicy {
  const general = formsCors(config);
  return (path) => {
    const slug = doors.get(path.replace(/\/$/, "")) ?? /^\/f\/([a-z0-9][a-z0-9_-]*)/.exec(path)?.[1];
    const form = slug === undefined ? undefined : forms().definitionOf(slug);
    return form ? originsOf(config, form) : general;
  };
}
