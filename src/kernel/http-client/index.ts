export { type Accepted, badAnswer, classify, type Expectation } from "./classify";
export type { HttpCall, HttpClient, HttpResult } from "./contract";
export { createHttpClient } from "./create-http-client";
