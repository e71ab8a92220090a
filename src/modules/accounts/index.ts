import type { Module } from "#/kernel/module";
import { purgeAccounts } from "./purge";

export type { Account } from "./account";
export { type Requirement, signedIn } from "./identity";
export { publishingLogin } from "./publishing-login";
export { currentUser, ownSessions } from "./session-routes";
export { signInRoutes } from "./sign-in-routes";
export type { Role } from "./tables";

/** Who is who: registration, sign-in, sessions. */
export const accounts: Module = { name: "accounts", jobs: [purgeAccounts] };
