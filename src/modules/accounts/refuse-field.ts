import { AppError } from "#/kernel/errors";

/** Refuses a body with 422 `invalid` for one field, as its schema would. */
export function refuseField(field: string, code: string, detail: string): never {
  throw new AppError(422, "invalid", "Some fields need attention", { errors: [{ field, code, detail }] });
}
