import { closest } from "../edit-distance";
import { isLoopback } from "../networks";
import type { Probe, Verdict } from "../probes";
import type { Inspection } from "./load-config";
import { mailTransportOf, missingMailOf } from "./mail-transport";
import { outgoingProbes } from "./outgoing-probes";
import { probeDataDir } from "./probe-data-dir";
import type { Environment } from "./read-settings";
import { rootNames, weaknessOf } from "./root-secret";
import { factsOf, type SettingName, settingNames } from "./settings";

const fine = (detail: string): Verdict => ({ ok: true, detail });
const warn = (detail: string): Verdict => ({ ok: true, warning: true, detail });

/** What the configuration alone can tell: nothing here calls anybody. `env` is searched for names, not values. */
export function settingsProbes(inspection: Inspection, env: Environment): Probe[] {
  const { mode, host, reading, problems } = inspection;
  const { values, placeholders } = reading;
  const production = mode === "production";
  const table: Record<string, () => Verdict> = {
    configuration: () =>
      problems.length === 0
        ? fine(`${mode}, listens on ${host}:${values.PORT}`)
        : { ok: false, detail: problems.map(({ name, problem }) => `${name} ${problem}`).join("; ") },
    "root secret": () => judgeRoot(inspection),
    "data directory": () =>
      values.DATA_DIR === undefined
        ? { ok: false, detail: "DATA_DIR is wrong" }
        : probeDataDir(values.DATA_DIR),
    "public address": () => {
      if (values.PUBLIC_URL?.startsWith("http://") && production) return warn("PUBLIC_URL is not https");
      if (values.PUBLIC_URL) return fine(values.PUBLIC_URL);
      return (production ? warn : fine)(
        "PUBLIC_URL is not set: links lead to localhost, redirects accept paths only",
      );
    },
    proxies: () => {
      if (values.TRUSTED_PROXIES) return fine(values.TRUSTED_PROXIES.join(", ") || "none, as set");
      if (isLoopback(host)) return fine("loopback, because this listens on loopback");
      const detail = "TRUSTED_PROXIES is not set: behind a proxy every visitor would share one rate limit";
      return (production ? warn : fine)(detail);
    },
    origins: () => {
      const origins = [...(values.CORS_ALLOWED_ORIGINS ?? []), ...(values.CORS_ALLOW_ORIGINS ?? [])];
      if (origins.length > 0 && !origins.includes("*")) return fine(origins.join(", "));
      return (production ? warn : fine)("open mode: every site may post forms (CORS_ALLOWED_ORIGINS)");
    },
    notification: () => judgeNotification(inspection),
    ...outgoingProbes(inspection),
    "HubSpot key": () =>
      /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(values.HUBSPOT_API_KEY ?? "")
        ? warn(
            "HUBSPOT_API_KEY looks like a hapikey, which HubSpot takes no more: make a private app's token",
          )
        : fine(values.HUBSPOT_API_KEY ? "looks like a token" : "not set"),
    "addresses of accounts": () => judgeAddresses(inspection),
    waitlist: () => judgeWaitlist(inspection),
    "one-time codes": () => judgeMasterCode(inspection),
    "rate limits": () =>
      values.RATE_LIMIT === "off" ? (production ? warn : fine)("RATE_LIMIT is off") : fine("on"),
    "sample values": () =>
      placeholders.length > 0 ? warn(`counted as not set: ${placeholders.join(", ")}`) : fine("none"),
    spelling: () => {
      const hints = findMisspelled(env).map(({ name, meant }) => `${name} is not read; ${meant} is`);
      return hints.length > 0 ? warn(hints.join("; ")) : fine("no variable resembles a setting");
    },
    "later settings": () => {
      const set = settingNames.filter((name) => factsOf(name).later && reading.sources[name] !== "unset");
      return set.length > 0
        ? warn(`set, without effect in this release: ${set.join(", ")}`)
        : fine("none set");
    },
  };
  return Object.entries(table).map(([name, judge]) => ({ name, probe: async () => judge() }));
}

function judgeRoot({ mode, reading }: Inspection): Verdict {
  const root = rootNames.find((name) => reading.sources[name] !== "unset");
  if (root === undefined) {
    return mode === "production"
      ? { ok: false, detail: "none is set" }
      : fine("none is set: generated into the data directory");
  }
  const weak = rootNames.flatMap((name) => {
    const weakness = weaknessOf(reading, name);
    return weakness ? [`${name} ${weakness}`] : [];
  });
  if (weak.length === 0) return fine(`${root}, from ${reading.sources[root]}`);
  return mode === "production" ? { ok: false, detail: weak.join("; ") } : warn(weak.join("; "));
}

/** The mail switch of the accounts: design of accounts, decision 2. */
function judgeAddresses({ mode, reading: { values } }: Inspection): Verdict {
  const wish = values.REQUIRE_VERIFIED_EMAIL ?? "auto";
  if (wish === "true" || (wish === "auto" && mailTransportOf(values)))
    return fine("confirmed by mail; nobody is told whether one has an account");
  const detail = "not confirmed: whoever registers is told that an address is taken (REQUIRE_VERIFIED_EMAIL)";
  return (mode === "production" ? warn : fine)(detail);
}

/** Without a confirmation the answer to a post carries the entry, whoever asks for it. */
function judgeWaitlist({ mode, reading: { values } }: Inspection): Verdict {
  const production = mode === "production";
  const hasMail = Boolean(values.SMTP_URL ?? values.SENDGRID_API_KEY) || !production;
  const wish = values.WAITLIST_CONFIRM ?? "auto";
  if (wish === "on" && !hasMail)
    return warn(
      "addresses must be confirmed, and no mail can be sent: every entry expires (WAITLIST_CONFIRM)",
    );
  if (wish === "on" || (wish === "auto" && hasMail)) return fine("addresses are confirmed by mail");
  const detail = "whoever posts an address is told whether it is on the list (WAITLIST_CONFIRM)";
  return (production ? warn : fine)(detail);
}

/** What the role dev needs without an authenticator app. */
function judgeMasterCode({ mode, reading: { values } }: Inspection): Verdict {
  const code = values.DEV_MASTER_OTP;
  if (mode === "production")
    return fine(
      code === undefined
        ? "DEV_MASTER_OTP is not set: the role dev needs an authenticator app"
        : "DEV_MASTER_OTP lets the role dev enrol an authenticator app, and nothing else",
    );
  if (code === undefined)
    return warn("DEV_MASTER_OTP is not set: 000000 opens the scope dev from this machine");
  return code === "000000"
    ? warn("DEV_MASTER_OTP is the known 000000: it opens the scope dev from everywhere")
    : fine("DEV_MASTER_OTP opens the scope dev to accounts without an authenticator app");
}

function judgeNotification({ mode, reading: { values } }: Inspection): Verdict {
  const missing: SettingName[] = [];
  if (!values.NOTIFY_EMAIL?.length) missing.push("NOTIFY_EMAIL");
  const transport = mailTransportOf(values);
  if (!transport) missing.push(missingMailOf(values));
  if (!values.MAIL_FROM && transport) missing.push("MAIL_FROM");
  if (missing.length === 0) return fine("by mail");
  const outbox = mode !== "production" && !transport ? ", mails go to the local outbox" : "";
  return warn(
    `not set: ${missing.join(", ")}; nobody is told of a message unless its form says whom${outbox}`,
  );
}

/** Variables of the environment that are one or two letters away from one of ours. */
function findMisspelled(env: Environment): { name: string; meant: string }[] {
  const known = new Set(settingNames.flatMap((name) => [name as string, `${name}_FILE`]));
  return Object.keys(env).flatMap((name) => {
    if (known.has(name) || name.length < 4) return [];
    const meant = closest(name, [...known]);
    return meant === undefined ? [] : [{ name, meant }];
  });
}
