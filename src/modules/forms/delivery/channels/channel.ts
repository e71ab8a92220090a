import type { CallResult } from "#/kernel/call-result";
import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import type { FormDefinition } from "../../catalogue/form-definition";
import type { Delivery, Submission } from "../../queries";
import type { Channel, DeliveryState } from "../../tables";

/** A message that was judged, with the form it was checked with. */
export type Judged = { submission: Submission; form: FormDefinition };

/** One place a message goes by this channel. `ready` where it can be sent; else why not. */
export type Destination = {
  submissionId: string;
  /** The address, or the id of an endpoint; empty where none is configured. */
  target: string;
  fate: "ready" | Extract<DeliveryState, "skipped" | "suppressed">;
};

/** What one attempt needs. */
export type Attempt = {
  kernel: Kernel;
  delivery: Delivery;
  submission: Submission;
  form: FormDefinition;
  /** Keeps what was reached, in `steps` of the delivery, before the next step is begun. */
  remember(steps: Readonly<Record<string, string>>): Promise<void>;
};

/** `messageId`: how the other side names what it took. */
export type Sent = CallResult<{ messageId: string }>;

/** A way to tell somebody of a message. A new channel is one of these, and a line in `index.ts`. */
export type ChannelSender = {
  channel: Channel;
  /** What it is shown for: a message of the team's inbox, or one that waits for the visitor to confirm. */
  tells: "inbox" | "pending";
  /**
   * Where these messages go: all of one judging at once, so that settings are read once. Nothing where neither form
   * nor configuration asks for the channel. Runs inside the transaction of the verdicts: no vendor is called here.
   */
  plan(kernel: Kernel, tx: Db, judged: readonly Judged[]): Promise<Destination[]>;
  /** One attempt. At least once: the id of the delivery is the key, wherever the other side takes one. */
  send(attempt: Attempt): Promise<Sent>;
  /** Whether it is made although its message is erased: it tells of just that. */
  outlives?(delivery: Pick<Delivery, "target">): boolean;
};
