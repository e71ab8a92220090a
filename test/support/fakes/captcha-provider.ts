import { type FaultyVendor, startFaultyVendor, type VendorRequest } from "./faulty-vendor";

export type Solved = { score?: number; action?: string; hostname?: string; siteKey?: string };

export type CaptchaFixture = FaultyVendor & {
  /** What the last request said. */
  last(): Record<string, string>;
};

/**
 * A `siteverify` as the three providers describe theirs: form-encoded, 200 for every verdict, an answer counts once
 * (and again under the same `idempotency_key`), and refusals are told by `error-codes`.
 */
export async function startCaptchaProvider(
  secret: string,
  solved: ReadonlyMap<string, Solved>,
): Promise<CaptchaFixture> {
  const vendor = await startFaultyVendor();
  const spentBy = new Map<string, string>();
  const refuse = (...errors: string[]) => ({ success: false, "error-codes": errors });

  const judge = (request: VendorRequest) => {
    const form = fieldsOf(request);
    const { response = "", idempotency_key: key = crypto.randomUUID() } = form;
    if (request.method !== "POST" || !form.secret) return refuse("missing-input-secret");
    if (form.secret !== secret) return refuse("invalid-input-secret");
    if (!response) return refuse("missing-input-response");
    const facts = solved.get(response);
    if (!facts) return refuse("invalid-input-response");
    if (form.sitekey && facts.siteKey && form.sitekey !== facts.siteKey)
      return refuse("sitekey-secret-mismatch");
    if ((spentBy.get(response) ?? key) !== key) return refuse("timeout-or-duplicate");
    spentBy.set(response, key);
    const { siteKey: _siteKey, ...told } = facts;
    return { success: true, challenge_ts: "2026-11-21T12:00:00Z", "error-codes": [], ...told };
  };
  vendor.answerWith((request) => ({ status: 200, body: judge(request) }));

  return { ...vendor, last: () => fieldsOf(vendor.requests.at(-1)) };
}

function fieldsOf(request: VendorRequest | undefined): Record<string, string> {
  if (request?.headers["content-type"] !== "application/x-www-form-urlencoded") return {};
  return Object.fromEntries(new URLSearchParams(request.body));
}
