import type { Module } from "#/kernel/module";
import { mailLink, mailNotice } from "./mail-account";
import { purgeAccounts } from "./purge";

export type { Account } from "./account";
export { accountPages } from "./account-pages";
export { accountDeletion, ownAccount } from "./account-routes";
export { allowEmail, disallowEmail, listAllowedEmails } from "./change-allowed-emails";
export { changeUser, resetTotp, sendReset, signOutUser } from "./change-user";
export { countAccounts, countOwnSessions, findMembership } from "./count-accounts";
export { createUser } from "./create-user";
export { countDevsWithoutApp } from "./devs-without-app";
export { offerEnrolment } from "./enrol-by-link";
export { enrolmentPages } from "./enrolment-pages";
export { signedIn } from "./identity";
export { AdminUser, getAdminUser, listUsers, registrations } from "./list-users";
export { pageAddress } from "./mail-account";
export { isTotpEnrolled } from "./one-time-codes";
export { publishingLogin } from "./publishing-login";
export { publishingAccounts } from "./publishing-routes";
export { findByTypedName } from "./queries";
export { emailChange, registration } from "./registration-routes";
export { currentUser, ownSessions } from "./session-routes";
export { setPassword } from "./set-password";
export { offerSetupLink } from "./set-up";
export { setupPages } from "./setup-pages";
export { signInRoutes } from "./sign-in-routes";
export { type Role, roles } from "./tables";
export { totpEnrolment, totpUpkeep } from "./totp-routes";

/** One identity for the portal, publishing and the team. */
export const accounts: Module = { name: "accounts", jobs: [mailLink, mailNotice, purgeAccounts] };
