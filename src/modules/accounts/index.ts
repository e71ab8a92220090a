export type { Account } from "./account";
export { type Requirement, signedIn } from "./identity";
export type { Role } from "./tables";
