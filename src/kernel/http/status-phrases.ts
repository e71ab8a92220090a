import { STATUS_CODES } from "node:http";

/** Renamed by RFC 9110; Node keeps the older words. */
const renamed: Record<number, string> = { 413: "Content Too Large", 422: "Unprocessable Content" };

/** The status phrase of the IANA registry, e.g. `Bad Request`. */
export const statusPhrase = (status: number) => renamed[status] ?? STATUS_CODES[status] ?? "Error";
