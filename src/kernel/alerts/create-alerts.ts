import type { Kernel } from "../kernel";
import type { Alerts } from "./contract";

/** A line in the log for each. */
export const createAlerts = ({ log }: Pick<Kernel, "log">): Alerts => ({
  async raise({ cause, title }) {
    log("error", "alert.raised", { cause, title });
  },
});
