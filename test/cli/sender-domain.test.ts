import { expect, test } from "bun:test";
import { type ResolveTxt, senderDomainProbes } from "#/cli/sender-domain";
import { runProbes } from "#/kernel/probes";

const smtp = { SMTP_URL: "smtp://mail", MAIL_FROM: "Site <forms@Shop.acme-engines.org>" };
const sendgrid = { ...smtp, SENDGRID_API_KEY: "SG.key" };

/** A DNS that holds these names; long texts come in pieces, as they do. */
const zone =
  (records: Record<string, string[]>): ResolveTxt =>
  async (name) => {
    if (!records[name]) throw Object.assign(new Error("none"), { code: "ENOTFOUND" });
    return records[name].map((text) => [text.slice(0, 10), text.slice(10)]);
  };
const look = async (values: Parameters<typeof senderDomainProbes>[0], resolve: ResolveTxt) =>
  Object.fromEntries(
    (await runProbes(senderDomainProbes(values, resolve))).map(({ name, state, detail }) => [
      name,
      `${state}: ${detail}`,
    ]),
  );

test("a domain that has all three is well; the policy of the parent counts", async () => {
  const found = await look(
    smtp,
    zone({
      "shop.acme-engines.org": ["google-site-verification=x", "v=spf1 include:_spf.acme-engines.org -all"],
      "selector1._domainkey.shop.acme-engines.org": ["v=DKIM1; k=rsa; p=MIGf"],
      "_dmarc.acme-engines.org": ["v=DMARC1; p=reject"],
    }),
  );

  expect(found).toEqual({
    SPF: "ok: shop.acme-engines.org: v=spf1 include:_spf.acme-engines.org -all",
    DKIM: "ok: a key of shop.acme-engines.org under selector1",
    DMARC: "ok: acme-engines.org: v=DMARC1; p=reject",
  });
});

test("a domain that has none is told what to add, each in its place", async () => {
  const found = await look(smtp, zone({ "default._domainkey.shop.acme-engines.org": ["v=DKIM1; p="] }));

  expect(found.SPF).toMatch(/^warning: .*add the TXT record "v=spf1 mx ~all"/);
  expect(found.DKIM).toMatch(/^warning: .*below _domainkey\.shop\.acme-engines\.org/);
  expect(found.DMARC).toMatch(/^warning: .*"v=DMARC1; p=none; .*at _dmarc\.shop\.acme-engines\.org/);
});

test("with SendGrid its own two names count, and the return path is theirs", async () => {
  const keys = { "s1._domainkey.shop.acme-engines.org": ["k=rsa; t=s; p=MIGf"] };

  const without = await look(sendgrid, zone({ "selector1._domainkey.shop.acme-engines.org": ["p=MIGf"] }));
  const well = await look(sendgrid, zone(keys));

  expect(without.DKIM).toMatch(/^warning: .*authenticate the domain at SendGrid/);
  expect(well.DKIM).toBe("ok: a key of shop.acme-engines.org under s1");
  expect(well.SPF).toStartWith("ok: ");
});

test.each([
  ["shop.acme-engines.org", ["v=spf1 -all", "v=spf1 mx -all"], "SPF", "join them into one"],
  ["shop.acme-engines.org", ["v=spf1 +all"], "SPF", "everybody may send"],
  ["_dmarc.shop.acme-engines.org", ["v=DMARC1; p=none", "v=DMARC1; p=reject"], "DMARC", "keep one"],
])("%s with %j is a warning", async (name, texts, finding, said) => {
  const found = await look(smtp, zone({ [name]: texts }));

  expect(found[finding]).toStartWith("warning: ");
  expect(found[finding]).toContain(said);
});

test.each(["ETIMEOUT", "ECONNREFUSED", "ESERVFAIL"])("%s is said, and is no failure", async (code) => {
  const found = await look(smtp, async () => {
    throw Object.assign(new Error("away"), { code });
  });

  expect(new Set(Object.values(found))).toEqual(
    new Set(["ok: not checked: DNS does not answer for shop.acme-engines.org"]),
  );
});

test("a DNS that says nothing is given three seconds", async () => {
  const began = performance.now();

  const found = await look(smtp, () => new Promise(() => {}));

  expect(performance.now() - began).toBeWithin(2_900, 4_900);
  expect(found.SPF).toStartWith("ok: not checked");
}, 10_000);

test.each(["a@example.com", "a@shop.example", "a@localhost"])("%s is asked nowhere", async (MAIL_FROM) => {
  const found = await look({ ...smtp, MAIL_FROM }, async () => {
    throw new Error("asked");
  });

  expect(found.SPF).toStartWith("ok: not asked");
});

test("without a transport or a sender there is nothing to look at", () => {
  expect(senderDomainProbes({ MAIL_FROM: smtp.MAIL_FROM })).toEqual([]);
  expect(senderDomainProbes({ SMTP_URL: smtp.SMTP_URL })).toEqual([]);
});
