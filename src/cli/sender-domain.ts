import { Resolver } from "node:dns/promises";
import { mailTransportOf } from "#/kernel/config";
import { parseMailbox } from "#/kernel/mail";
import type { Probe, Verdict } from "#/kernel/probes";

/** Texts of a name, each in the pieces it was sent in, as `node:dns` answers; it rejects where there are none. */
export type ResolveTxt = (name: string) => Promise<string[][]>;
type MailSettings = Parameters<typeof mailTransportOf>[0] & { MAIL_FROM?: string | undefined };
type Lookup = (name: string) => Promise<string[]>;

/** Milliseconds for one question. */
const patienceMs = 3_000;
/** Names that a key is commonly kept under; which one a provider takes cannot be asked. */
const commonSelectors = "default mail dkim selector1 selector2 google k1 s1 s2 smtp mx fm1 protonmail".split(
  " ",
);
/** Where SendGrid has its keys published (Settings, Sender Authentication). */
const sendgridSelectors = ["s1", "s2"];
/** RFC 2606 and RFC 6761: names for examples, which are asked nowhere. */
const reserved = /(^|\.)(example|test|invalid|localhost|local)$|(^|\.)example\.(com|net|org)$/;

const fine = (detail: string): Verdict => ({ ok: true, detail });
const warn = (detail: string): Verdict => ({ ok: true, warning: true, detail });

/**
 * Whether receivers can tell that our mails are ours: SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489) of the
 * sender's domain. Nothing where no mail leaves or MAIL_FROM is not set, which other findings say.
 */
export function senderDomainProbes(values: MailSettings, resolve: ResolveTxt = askServers()): Probe[] {
  const transport = mailTransportOf(values);
  const sender = values.MAIL_FROM === undefined ? undefined : parseMailbox(values.MAIL_FROM);
  if (!transport || !sender) return [];
  const domain = sender.address.slice(sender.address.lastIndexOf("@") + 1).toLowerCase();
  const lookup: Lookup = (name) => lookUp(resolve, name);
  const judges: Record<string, () => Promise<Verdict>> = {
    SPF: () => judgeSpf(domain, transport, lookup),
    DKIM: () => judgeDkim(domain, transport, lookup),
    DMARC: () => judgeDmarc(domain, lookup),
  };
  return Object.entries(judges).map(([name, judge]) => ({
    name,
    async probe() {
      if (reserved.test(domain)) return fine(`not asked: ${domain} is a name for examples`);
      try {
        return await judge();
      } catch {
        return fine(`not checked: DNS does not answer for ${domain}`);
      }
    },
  }));
}

async function judgeSpf(domain: string, transport: "sendgrid" | "smtp", lookup: Lookup): Promise<Verdict> {
  const records = (await lookup(domain)).filter((text) => /^v=spf1( |$)/i.test(text));
  const [record] = records;
  if (records.length > 1)
    return warn(`${domain} has ${records.length} SPF records, so none counts: join them into one`);
  if (record && /\s\+?all(\s|$)/i.test(record))
    return warn(`the SPF record of ${domain} ends in +all, so everybody may send: end it in ~all or -all`);
  if (record) return fine(`${domain}: ${record.slice(0, 200)}`);
  // Their own return path, a name of its own below the domain, carries it once the domain is authenticated.
  if (transport === "sendgrid") return fine(`${domain} has none; with DKIM by SendGrid none is needed`);
  return warn(
    `${domain} has no SPF record: add the TXT record "v=spf1 mx ~all", with the "include:" that your mail provider names`,
  );
}

async function judgeDkim(domain: string, transport: "sendgrid" | "smtp", lookup: Lookup): Promise<Verdict> {
  const selectors = transport === "sendgrid" ? sendgridSelectors : commonSelectors;
  const found = await Promise.all(
    selectors.map(async (selector) => {
      const texts = await lookup(`${selector}._domainkey.${domain}`);
      return texts.some((text) => /(^|;)\s*p\s*=\s*[^;\s]/i.test(text)) ? [selector] : [];
    }),
  );
  const named = found.flat();
  if (named.length > 0) return fine(`a key of ${domain} under ${named.join(", ")}`);
  return transport === "sendgrid"
    ? warn(
        `no key under s1 and s2._domainkey.${domain}: authenticate the domain at SendGrid (Settings, Sender Authentication) and add the CNAME records it shows`,
      )
    : warn(
        `no key of ${domain} under the usual names: have your mail provider sign, and add the TXT record it shows below _domainkey.${domain}; if it signs under another name, all is well`,
      );
}

async function judgeDmarc(domain: string, lookup: Lookup): Promise<Verdict> {
  const labels = domain.split(".");
  // The policy of the organisation stands further up; which label that is, only the public suffix list tells.
  for (let from = 0; labels.length - from >= 2; from++) {
    const name = labels.slice(from).join(".");
    const records = (await lookup(`_dmarc.${name}`)).filter((text) => /^v=DMARC1\s*(;|$)/i.test(text));
    const [record] = records;
    if (records.length > 1)
      return warn(`_dmarc.${name} has ${records.length} records, so none counts: keep one`);
    if (record) return fine(`${name}: ${record.slice(0, 200)}`);
  }
  return warn(
    `${domain} has no DMARC record: add the TXT record "v=DMARC1; p=none; rua=mailto:postmaster@${domain}" at _dmarc.${domain}; large receivers ask for one`,
  );
}

const absent = new Set(["ENOTFOUND", "ENODATA", "NXDOMAIN"]);

/** No texts where the name has none; throws where nobody could be asked, and after three seconds. */
async function lookUp(resolve: ResolveTxt, name: string): Promise<string[]> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("No answer in time")), patienceMs);
  try {
    return (await Promise.race([resolve(name), promise])).map((pieces) => pieces.join(""));
  } catch (error) {
    if (absent.has(String((error as NodeJS.ErrnoException).code))) return [];
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function askServers(): ResolveTxt {
  const resolver = new Resolver({ timeout: patienceMs, tries: 1 });
  return (name) => resolver.resolveTxt(name);
}
