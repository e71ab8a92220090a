import { deriveKey } from "../crypto";
import { isLoopback, loopback } from "../networks";
import { mailTransportOf, missingMailOf } from "./mail-transport";
import { type Environment, type Problem, type Reading, readSettings, type Source } from "./read-settings";
import { generatedRoot, judgeSecrets, type RootName, rootNames, usableSecrets } from "./root-secret";
import { factsOf, type SettingName, type Settings, settingNames } from "./settings";

type Mode = "production" | "development" | "test";

type Resolved =
  | "ENV"
  | "FLASK_ENV"
  | "HOST"
  | "CORS_ALLOWED_ORIGINS"
  | "CORS_ALLOW_ORIGINS"
  | "TRUSTED_PROXIES"
  | RootName;

/** The settings, checked at start, under their documented names; undefined where optional and not set. */
export type Config = Readonly<Omit<Settings, Resolved>> & {
  readonly ENV: Mode;
  readonly HOST: string;
  readonly production: boolean;
  /** Both CORS variables joined: full origins, `https://*.example.com`, `*`, or empty (open mode for forms). */
  readonly allowedOrigins: readonly string[];
  /** Addresses or CIDR ranges whose forwarding headers count. `sources` tells whether the operator said so. */
  readonly trustedProxies: readonly string[];
  /** 32 bytes or more in production; all that is signed or sealed derives from it, one label per purpose (`kernel/crypto`). */
  readonly rootSecret: Uint8Array;
  /** Signs access tokens: `JWT_SECRET_KEY`, else derived from the root. */
  readonly jwtSecret: Uint8Array;
  /** Seals stored secrets, 32 bytes: `ENCRYPTION_KEY`, else derived from the root. */
  readonly encryptionKey: Uint8Array;
  /** That key, then all that may have sealed before: ENCRYPTION_KEY_PREVIOUS, and what every secret that is set gives. */
  readonly sealingKeys: readonly [Uint8Array, ...Uint8Array[]];
  /** Where each setting came from. */
  readonly sources: Readonly<Record<SettingName, Source>>;
  /** Vendor settings, and outside production secrets, that hold a published sample and count as not set. */
  readonly placeholders: readonly SettingName[];
};

/** Wrong settings, all of them. Its message holds their names and never a value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const lines = problems.map(({ name, problem }) => `  ${name} ${problem}`);
    super(`Cannot use the configuration:\n${lines.join("\n")}`);
    this.problems = problems;
  }
}

/** The settings as found, the mode that follows from them, and everything that is wrong. Changes nothing. */
export type Inspection = { reading: Reading; mode: Mode; host: string; problems: readonly Problem[] };

/**
 * Reads and checks the whole configuration, once at start. Secrets are deleted from `env` (so that no child
 * process inherits them), also when it refuses. Outside production a missing root secret is generated into
 * `DATA_DIR/keys`. Throws `ConfigError` with every problem at once.
 */
export function loadConfig(env: Environment = process.env): Config {
  const { reading, mode, host, problems } = inspectConfig(env);
  for (const name of settingNames) if (factsOf(name).secret) delete env[name];
  if (problems.length > 0) throw new ConfigError(problems);

  const { SECRET_KEY, JWT_SECRET_KEY, ENCRYPTION_KEY, FLASK_ENV, ...others } = reading.values;
  const { CORS_ALLOWED_ORIGINS, CORS_ALLOW_ORIGINS, TRUSTED_PROXIES, ...plain } = others;
  const secrets = usableSecrets(reading);
  const rootSecret =
    secrets.SECRET_KEY ?? secrets.JWT_SECRET_KEY ?? secrets.ENCRYPTION_KEY ?? makeRoot(plain.DATA_DIR);
  const encryptionKey = secrets.ENCRYPTION_KEY ?? deriveKey(rootSecret, "ENCRYPTION_KEY");
  const former = formerKeys(secrets, plain.ENCRYPTION_KEY_PREVIOUS, rootSecret);
  const sealingKeys: Config["sealingKeys"] = [encryptionKey, ...former];
  const samples = rootNames.filter((name) => reading.sources[name] !== "unset" && !secrets[name]);
  return Object.freeze({
    ...plain,
    ENV: mode,
    HOST: host,
    production: mode === "production",
    allowedOrigins: [...new Set([...CORS_ALLOWED_ORIGINS, ...CORS_ALLOW_ORIGINS])],
    trustedProxies: TRUSTED_PROXIES ?? (isLoopback(host) ? loopback : []),
    rootSecret,
    jwtSecret: secrets.JWT_SECRET_KEY ?? deriveKey(rootSecret, "JWT_SECRET_KEY"),
    encryptionKey,
    sealingKeys,
    sources: reading.sources,
    placeholders: [...reading.placeholders, ...samples],
  });
}

/** Reads and judges without changing anything; what is wrong is in `problems`. */
export function inspectConfig(env: Environment): Inspection {
  const reading = readSettings(env);
  const { values, sources } = reading;
  const problems = [...reading.problems];
  if (values.ENV && values.FLASK_ENV && values.ENV !== values.FLASK_ENV) {
    problems.push({ name: "ENV", problem: "contradicts FLASK_ENV; set one of them, or both alike" });
  }
  const said = [values.ENV, values.FLASK_ENV].filter((mode) => mode !== undefined);
  const silent = sources.ENV === "unset" && sources.FLASK_ENV === "unset";
  const harmless = silent && isLoopback(values.HOST ?? "127.0.0.1") && !hasRoot(reading);
  const assumed = harmless ? "development" : "production";
  const mode = said.includes("production") ? "production" : (said[0] ?? assumed);
  if (values.REQUIRE_VERIFIED_EMAIL === "true" && !mailTransportOf(values)) {
    problems.push({
      name: "REQUIRE_VERIFIED_EMAIL",
      problem: `needs mail: ${missingMailOf(values)} is not set`,
    });
  }
  if (mode === "production") problems.push(...judgeSecrets(reading, said.length === 0));
  return { reading, mode, host: values.HOST ?? (mode === "production" ? "0.0.0.0" : "127.0.0.1"), problems };
}

/** Adding or changing one secret must strand nothing that was sealed under another. */
const formerKeys = (
  secrets: ReturnType<typeof usableSecrets>,
  previous: Uint8Array | undefined,
  rootSecret: Uint8Array,
): Uint8Array[] => [
  ...(previous ? [previous] : []),
  ...[...Object.values(secrets), rootSecret].map((secret) => deriveKey(secret, "ENCRYPTION_KEY")),
];

const hasRoot = ({ sources }: Reading) => rootNames.some((name) => sources[name] !== "unset");

function makeRoot(dataDir: string): Uint8Array {
  try {
    return generatedRoot(dataDir);
  } catch (error) {
    const { code = "unreadable" } = error as NodeJS.ErrnoException;
    throw new ConfigError([{ name: "DATA_DIR", problem: `must be a folder that can keep keys (${code})` }]);
  }
}
