import type { Module } from "#/kernel/module";
import { mailLink, mailNotice } from "./mail-account";

export type { Account } from "./account";
export { accountPages } from "./account-pages";
export { type Requirement, signedIn } from "./identity";
export { publishingAccounts } from "./publishing-routes";
export { emailChange, registration } from "./registration-routes";
export type { Role } from "./tables";

/** One identity for the portal, publishing and the team. */
export const accounts: Module = { name: "accounts", jobs: [mailLink, mailNotice] };
