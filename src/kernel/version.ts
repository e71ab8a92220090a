declare const GATEHOUSE_VERSION: string | undefined;
declare const GATEHOUSE_COMMIT: string | undefined;

/** Built in by the build; `dev` where the source runs. */
export const version = typeof GATEHOUSE_VERSION === "string" ? GATEHOUSE_VERSION : "dev";

/** The commit it was built from, 40 hexadecimal digits; `unknown` without a repository, `dev` where the source runs. */
export const commit = typeof GATEHOUSE_COMMIT === "string" ? GATEHOUSE_COMMIT : "dev";
