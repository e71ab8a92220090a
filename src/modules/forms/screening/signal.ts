import type { Reason, SubmissionState } from "../tables";

/** What a message can be judged to be. */
export type JudgedState = Extract<SubmissionState, "inbox" | "held" | "spam">;

/** What one kind of evidence says of a message. Texts are our own: a reason repeats nothing that a visitor wrote. */
export type Signal = {
  reasons: readonly Reason[];
  /** The mildest state it may get, whatever the points say. */
  atLeast?: "held" | "spam";
  /** The team has decided; nothing else counts. */
  decided?: JudgedState;
};
