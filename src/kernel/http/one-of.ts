import { t } from "elysia";

/**
 * One of some texts. Elysia's `UnionEnum` makes the first of them the default, which it fills in where a member is
 * missing: a change that named no role would have set one. Here what is missing stays missing.
 */
export const oneOf: typeof t.UnionEnum = (values, options) => {
  const schema = t.UnionEnum(values, options);
  delete schema.default;
  return schema;
};
