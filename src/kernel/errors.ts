/** One broken rule of one field. `code` is stable, `detail` is for people; neither holds the value. */
export type FieldError = { field: string; code: string; detail: string };

type Extras = {
  errors?: readonly FieldError[];
  /** Seconds until trying again makes sense; becomes `Retry-After`. */
  retryAfter?: number;
  /** The methods a path does take; becomes `Allow`. */
  allow?: readonly string[];
  /** Sent along, names in lower case; what a rate limit says of itself. */
  headers?: Readonly<Record<string, string>>;
  cause?: unknown;
};

/**
 * A refusal: thrown once where it is decided, worded by the voice of the surface.
 * `message` is a fixed text that reaches the client, so it never quotes what was submitted.
 */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly status: number;
  readonly code: string;
  readonly errors: readonly FieldError[] | undefined;
  readonly retryAfter: number | undefined;
  readonly allow: readonly string[] | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(status: number, code: string, message: string, extras: Extras = {}) {
    super(message, { cause: extras.cause });
    this.status = status;
    this.code = code;
    this.errors = extras.errors;
    this.retryAfter = extras.retryAfter;
    this.allow = extras.allow;
    this.headers = extras.headers;
  }
}

export const notFound = (what: string) => new AppError(404, "not_found", `Cannot find this ${what}`);

/** The service cannot store anything now. `retryAfter` in seconds. */
export const unavailable = (message: string, retryAfter = 2, cause?: unknown) =>
  new AppError(503, "unavailable", message, { retryAfter, cause });

/** Nobody is signed in, or no longer. `code` tells which; the voice `typed` makes it 403. */
export const unauthorized = (code: string, message: string) => new AppError(401, code, message);
export const forbidden = (code: string, message: string) => new AppError(403, code, message);
export const conflict = (code: string, message: string) => new AppError(409, code, message);
