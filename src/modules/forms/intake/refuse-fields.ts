import { AppError } from "#/kernel/errors";
import type { Checked } from "../catalogue/compile-form";

/** What existing sites were promised for a missing field; never translated in JSON. */
export const allRequired = "All fields are required";

/** Whether this door speaks RFC 9457 rather than `{"error"}`. */
export const speaksProblem = (door: string): boolean => door.startsWith("/api/v1/");

/**
 * The refusal of a post whose fields break a rule. The doors under `/api/v1` say 422 `invalid`, or 400 `empty` where
 * nothing at all was filled in; the others 400 with `empty`, `required` or `invalid`, the first two in the same words.
 */
export function refuseFields(door: string, { code, errors }: Extract<Checked, { ok: false }>): AppError {
  if (!speaksProblem(door)) {
    const message = code === "invalid" ? (errors[0]?.detail ?? allRequired) : allRequired;
    return new AppError(400, code, message, { errors });
  }
  if (code === "empty") return new AppError(400, "empty", "Nothing was filled in", { errors });
  return new AppError(422, "invalid", "Some fields need attention", { errors });
}
