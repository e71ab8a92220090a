export { envExample, settingsTable } from "./document-settings";
export { type Config, ConfigError, inspectConfig, loadConfig } from "./load-config";
export { mailTransportOf, missingMailOf } from "./mail-transport";
export { settingsProbes } from "./settings-probes";
export { showSettings } from "./show-settings";
