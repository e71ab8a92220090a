export { envExample, settingsTable } from "./document-settings";
export { type Config, ConfigError, inspectConfig, loadConfig } from "./load-config";
export type { Environment } from "./read-settings";
export { settingsProbes } from "./settings-probes";
export { showSettings } from "./show-settings";
