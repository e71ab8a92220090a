/**
 * Sentences on one subject, and such things in other words. `{site}`, `{company}`, `{person}`, `{own}`, `{link}`,
 * `{number}`, `{price}` and `{month}` are filled in.
 */
export type Topic = { name: string; learned: readonly string[]; met: readonly string[] };
