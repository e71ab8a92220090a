export type Encoding = "json" | "urlencoded" | "multipart";

export const encodings: readonly Encoding[] = ["json", "urlencoded", "multipart"];

/** A body as a client would send it. Lists become repeated names where an encoding has no lists. */
export async function encodePost(
  fields: Readonly<Record<string, unknown>>,
  encoding: Encoding,
): Promise<{ bytes: Uint8Array; type: string }> {
  if (encoding === "json") {
    return { bytes: new TextEncoder().encode(JSON.stringify(fields)), type: "application/json" };
  }
  const pairs = Object.entries(fields).flatMap(([name, value]) =>
    [value].flat().map((one) => [name, String(one)] as [string, string]),
  );
  if (encoding === "urlencoded") {
    const bytes = new TextEncoder().encode(new URLSearchParams(pairs).toString());
    return { bytes, type: "application/x-www-form-urlencoded" };
  }
  const form = new FormData();
  for (const [name, value] of pairs) form.append(name, value);
  const response = new Response(form);
  const type = response.headers.get("content-type") ?? "";
  return { bytes: await response.bytes(), type };
}
