import { type Config, mailTransportOf, missingMailOf } from "#/kernel/config";
import type { Log } from "#/kernel/log";
import { version } from "#/kernel/version";
import { print } from "./command";

/** The first lines of the log: what works, but not as an operator may think. */
export function warnOfSettings(config: Config, log: Log): void {
  if (config.placeholders.length > 0)
    log("warn", "config.sample_values_ignored", { settings: config.placeholders });
  // Mails link to localhost then, and redirects after a form accept paths only.
  if (config.production && !config.PUBLIC_URL)
    log("warn", "config.public_address_missing", { setting: "PUBLIC_URL" });
  const missing = missingForNotice(config);
  if (missing.length > 0) log("warn", "forms.nobody_is_told", { settings: missing });
}

/** Without these a message is stored, and nobody hears of it. */
const missingForNotice = (config: Config): string[] => [
  ...(config.NOTIFY_EMAIL.length === 0 ? ["NOTIFY_EMAIL"] : []),
  ...(config.production && !mailTransportOf(config) ? [missingMailOf(config)] : []),
];

/** For a person who just started it: where to look. Under a supervisor the log line says as much. */
export function announce(config: Config, log: Log, port: number): void {
  const { HOST: host, production, DATABASE_URL } = config;
  log("info", "service.listening", { host, port, version, kind: DATABASE_URL ? "postgres" : "embedded" });
  if (production) return;
  const url = `http://${host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host}:${port}`;
  print(
    [
      "",
      `  Gatehouse ${version} is serving on ${url}`,
      "",
      `  Forms          ${url}/f/contact   POST ${url}/api/contact`,
      `  Documentation  ${url}/docs`,
      `  Health         ${url}/health   ${url}/api/v1/readyz`,
      ...(missingForNotice(config).length > 0
        ? ["", "  Nobody is told of a message: NOTIFY_EMAIL is not set. All are stored."]
        : []),
      "",
    ].join("\n"),
  );
}
