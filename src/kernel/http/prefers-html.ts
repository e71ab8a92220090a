/** Whether `Accept` names `text/html` with a weight above 0 and not below `application/json` (RFC 9110 §12.5.1). */
export function prefersHtml(accept: string | null): boolean {
  if (!accept?.includes("text/html")) return false;
  const html = weightOf(accept, "text/html");
  return html > 0 && html >= weightOf(accept, "application/json");
}

/** A person who came here by a link or the address bar, rather than a program or a page's script. */
export function isNavigation({ method, headers }: Request): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  const mode = headers.get("sec-fetch-mode");
  return (mode === null || mode === "navigate") && prefersHtml(headers.get("accept"));
}

function weightOf(accept: string, type: string): number {
  for (const range of accept.slice(0, 1000).toLowerCase().split(",")) {
    const [name, ...parameters] = range.split(";");
    if (name?.trim() !== type) continue;
    const weight = parameters.find((parameter) => parameter.trim().startsWith("q="));
    return weight === undefined ? 1 : Number(weight.trim().slice(2)) || 0;
  }
  return 0;
}
