export type { HttpCall, HttpClient, HttpResult } from "./contract";
export { createHttpClient } from "./create-http-client";
