import { t } from "elysia";

type Values = Readonly<[string, ...string[]]>;
type Options = { description?: string; examples?: readonly string[] };

/**
 * One of some words, written as an `enum` in the OpenAPI document. Elysia's `t.UnionEnum` makes the first one the
 * default of a member that is not sent: a change of a name would set a role, and a list would be filtered by it.
 */
export const oneOf = <const T extends Values>(values: T, options: Options = {}) => {
  const { default: _, ...schema } = t.UnionEnum([...values] as unknown as T, options as object);
  return schema as ReturnType<typeof t.UnionEnum<T>>;
};
