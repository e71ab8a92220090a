export { createHashQueue, type HashCaller, type HashQueue } from "./hash-queue";
export { deriveKey, randomToken, sign, verify } from "./keys";
