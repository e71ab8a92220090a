import type { Module } from "#/kernel/module";

export { adminLogs } from "./admin-logs-routes";
export { adminUsers } from "./admin-routes";
export { settings } from "./settings-routes";
export { adminSummary, dashboard } from "./summary-routes";

/** What a signed-in person sees and sets, and what devs see of everything. */
export const portal: Module = { name: "portal", jobs: [] };
