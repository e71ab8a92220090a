/** A value as it may turn up: as it is, and in the encodings that things are commonly passed on in. */
const spellings = (value: string): string[] => {
  const bytes = Buffer.from(value);
  const base64 = bytes.toString("base64").replace(/=+$/, "");
  return [value, base64, bytes.toString("base64url"), bytes.toString("hex"), encodeURIComponent(value)];
};

/** Which of the named values a text holds, in any spelling and any case. */
export function namesOf(values: Readonly<Record<string, string>>, text: string): string[] {
  const lower = text.toLowerCase();
  const holds = (value: string) => spellings(value).some((one) => lower.includes(one.toLowerCase()));
  return Object.entries(values).flatMap(([name, value]) => (holds(value) ? [name] : []));
}
