/** Reads a list of choices with their weights, as `Accept` and `Accept-Language` have it; at most 50 are read. */
export function readWeights(header: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const item of header.slice(0, 2000).split(",", 50)) {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
    if (name === "") continue;
    const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
    const quality = weight === undefined ? 1 : Number(weight);
    weights.set(name, quality >= 0 && quality <= 1 ? quality : 0);
  }
  return weights;
}

/**
 * Whether `Accept` names `text/html` with a weight above 0 and not below that of `application/json`, for which the most
 * specific range counts (RFC 9110 §12.5.1).
 */
export function prefersHtml(accept: string | null): boolean {
  if (accept === null || !/text\/html/i.test(accept)) return false;
  const weights = readWeights(accept);
  const html = weights.get("text/html") ?? 0;
  const json = weights.get("application/json") ?? weights.get("application/*") ?? weights.get("*/*") ?? 0;
  return html > 0 && html >= json;
}
