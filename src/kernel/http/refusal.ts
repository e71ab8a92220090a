import { TransformDecodeError } from "@sinclair/typebox/value";
import {
  ElysiaCustomStatusResponse,
  InvalidFileType,
  NotFoundError,
  ParseError,
  ValidationError,
} from "elysia";
import { AppError, type FieldError } from "../errors";
import { fieldErrors } from "./field-errors";

/** What a voice words. `message` and `errors` are fixed texts; `retryAfter` is in seconds. */
export type Refusal = {
  status: number;
  code: string;
  message: string;
  errors?: readonly FieldError[] | undefined;
  retryAfter?: number | undefined;
  allow?: readonly string[] | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  requestId: string;
};

type Decision = Omit<Refusal, "requestId">;

const internal: Decision = { status: 500, code: "internal", message: "Something went wrong on our side" };
const missing: Decision = { status: 404, code: "not_found", message: "Cannot find this address" };
const malformed: Decision = { status: 400, code: "malformed_body", message: "Cannot read the body" };

/** Decides by class, never by a `status` or `code` that an unknown error carries: a database driver sets both. */
export function toRefusal(error: unknown): Decision {
  if (error instanceof AppError) {
    const { status, code, message, errors, retryAfter, allow, headers } = error;
    return { status, code, message, errors, retryAfter, allow, headers };
  }
  if (error instanceof ValidationError) return fromValidation(error);
  if (error instanceof ParseError) return fromParsing(error.cause);
  if (error instanceof NotFoundError) return missing;
  if (error instanceof TransformDecodeError || error instanceof InvalidFileType) return misfit([]);
  if (error instanceof ElysiaCustomStatusResponse) return fromStatus(Number(error.code));
  return internal;
}

/** An id that cannot exist is not found; a response that breaks its own schema is a bug of ours. */
function fromValidation(error: ValidationError): Decision {
  if (error.type === "response") return internal;
  if (error.type === "params") return missing;
  return misfit(fieldErrors(error));
}

function misfit(errors: readonly FieldError[]): Decision {
  return { status: 422, code: "invalid", message: "Some fields need attention", errors };
}

/** Elysia wraps whatever a parser throws, our own refusals too. */
function fromParsing(cause: unknown): Decision {
  if (cause instanceof AppError) return toRefusal(cause);
  if (cause instanceof SyntaxError)
    return { ...malformed, code: "invalid_json", message: "The body is not JSON" };
  return malformed;
}

function fromStatus(status: number): Decision {
  if (!(status >= 400 && status < 500)) return internal;
  return status === 404 ? missing : { status, code: "refused", message: "Cannot do this" };
}
