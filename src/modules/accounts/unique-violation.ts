/** The constraint that an insert or update broke (SQLSTATE 23505); undefined for any other error. */
export function brokenConstraint(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (!("code" in cause) || cause.code !== "23505") continue;
    // postgres.js and PGlite name it differently.
    const { constraint_name, constraint } = cause as { constraint_name?: unknown; constraint?: unknown };
    return String(constraint_name ?? constraint ?? "");
  }
}
