import type { Channel } from "../tables";

/** A delivery to make. The turn counts its jobs: one of an earlier turn does nothing. */
export type Due = { deliveryId: string; turn?: number; channel: Channel };
