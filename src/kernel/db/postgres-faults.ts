import { AppError, unavailable } from "#/kernel/errors";

/** No connection, or one that the server is ending (PostgreSQL, appendix A, classes 08 and 57P; postgres.js; Node). */
const lost =
  /^(08|57P0[1-5]|53300|E(CONN|PIPE|NOENT|TIMEDOUT|HOSTUNREACH|NETUNREACH|NOTFOUND|AI_AGAIN)|CONNECT)/;

/**
 * The server answers but cannot do this now: disk or memory full, a file that fails, a time limit, a read-only replica, a deadlock,
 * or (42P01, 3F000) the migrations have not run yet.
 */
const busy = /^(53|58|57014|25P03|25006|40001|40P01|55P03|42P01|3F000)/;

/** Whether it says that there is no working connection. */
export const isLost = (error: unknown) => lost.test(codeOf(error));

/** What may pass by itself becomes 503; a wrong statement or a broken constraint stays what it is. */
export function toRefusal(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const code = codeOf(error);
  if (lost.test(code)) return unavailable("Cannot reach the database", 2, error);
  if (busy.test(code)) return unavailable("The database cannot do this now", 2, error);
  return error;
}

const codeOf = (error: unknown) => String((error as { code?: unknown } | undefined)?.code ?? "");
