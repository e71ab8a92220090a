/** Why a call to a vendor did not succeed; `text` is at most 1 KB of its answer, secrets removed. */
export type Why = { code: string; status?: number; text: string };

/** What happened to one call. Ports answer with this and do not throw: an exception there is a bug. */
export type CallResult<T> =
  | { kind: "ok"; value: T; remoteId?: string }
  /** Nothing happened, or repeating is safe. `after`: milliseconds the vendor asked for. */
  | { kind: "retry"; why: Why; after?: number }
  /** It was sent, the answer was lost, and the vendor takes no key. */
  | { kind: "uncertain"; why: Why }
  /** A daily limit or the like: waiting costs no attempt. */
  | { kind: "parked"; why: Why; until: Date }
  /** Repeating will not change it. */
  | { kind: "refused"; why: Why };
