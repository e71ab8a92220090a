import { AppError } from "../errors";

/** Which requests share one cap; `exempt` are answered whatever the load is (health). */
export type Lane = "forms" | "other" | "exempt";

export type InFlight = {
  /** Counts a request in, or gives the refusal: 503 `overloaded` while the lane is full. */
  enter(lane: Lane): AppError | undefined;
  leave(lane: Lane): void;
  count(lane: Lane): number;
};

/** Made once: it is thrown by nobody, and there may be thousands a second. */
const overloaded = new AppError(503, "overloaded", "Too busy to answer now, try again shortly", {
  retryAfter: 1,
});

/** Requests being answered in a lane, at most. */
export type Caps = Readonly<Record<Exclude<Lane, "exempt">, number>>;

/** Requests that are being answered, at most so many in each lane: beyond it waiting only makes everybody slow. */
export function inFlight(caps: Caps): InFlight {
  const counts: Record<Lane, number> = { forms: 0, other: 0, exempt: 0 };
  return {
    enter(lane) {
      if (lane !== "exempt" && counts[lane] >= caps[lane]) return overloaded;
      counts[lane]++;
      return;
    },
    leave(lane) {
      counts[lane]--;
    },
    count: (lane) => counts[lane],
  };
}
