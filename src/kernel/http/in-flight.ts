import { AppError } from "../errors";

/** Which requests share one cap; `exempt` are answered whatever the load is (health). */
export type Lane = "forms" | "other" | "exempt";

export type InFlight = {
  /** Counts a request in. Refuses with 503 `overloaded` and the seconds to wait while the lane is full. */
  enter(lane: Lane): void;
  leave(lane: Lane): void;
  count(lane: Lane): number;
};

/** Requests that are being answered, at most `cap` in each lane: beyond it waiting only makes everybody slow. */
export function inFlight(cap: number): InFlight {
  const counts: Record<Lane, number> = { forms: 0, other: 0, exempt: 0 };
  return {
    enter(lane) {
      if (lane !== "exempt" && counts[lane] >= cap) {
        throw new AppError(503, "overloaded", "Too busy to answer now, try again shortly", { retryAfter: 1 });
      }
      counts[lane]++;
    },
    leave(lane) {
      counts[lane]--;
    },
    count: (lane) => counts[lane],
  };
}
