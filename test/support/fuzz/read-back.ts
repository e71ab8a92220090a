import Papa from "papaparse";
import type { Database } from "#/kernel/db";
import { compiledForms } from "#/modules/forms";
import { exportSubmissions } from "#/modules/forms/inbox/export-submissions";

/** What was sent, by the `User-Agent` that it was sent with: the one header stored beside every message. */
export type Ledger = { taken: Map<string, Readonly<Record<string, unknown>>>; refused: Set<string> };
type Row = { agent: string; fields: Record<string, unknown> };

const steering =
  /^_|^(cf-turnstile-response|h-captcha-response|g-recaptcha-response|recaptcha_response|altcha|botcheck|bot-field)$/;
/** What shows nothing counts as not filled in. */
const blank = /^(\u034f|[\s\u0085\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u205f-\u2069\ufeff])*$/u;
const formula = /^[=+\-@\t\r＝＋－＠]/;

/**
 * Compares what the database holds with what was taken: each message once, every text byte by byte, nothing that was
 * refused; and the same again as CSV, where no cell may begin a formula. The service has stopped before.
 */
export async function readBack({ db, executeSql }: Database, { taken, refused }: Ledger): Promise<string[]> {
  const { rows } = await executeSql("select user_agent as agent, fields from gatehouse.submissions");
  const byAgent = Map.groupBy(rows as Row[], ({ agent }) => agent);
  const faults: string[] = [];
  for (const [agent, members] of taken) {
    const [row, ...more] = byAgent.get(agent) ?? [];
    if (!row || more.length > 0) faults.push(`${agent} is stored ${row ? "twice" : "nowhere"}`);
    else faults.push(...differences(members, row.fields).map((text) => `${agent}: ${text}`));
  }
  for (const agent of refused) if (byAgent.has(agent)) faults.push(`${agent} was refused and stored`);
  for (const form of compiledForms.keys()) faults.push(...(await faultsOfCsv(db, form)));
  return faults;
}

function differences(sent: Readonly<Record<string, unknown>>, stored: Record<string, unknown>): string[] {
  const content = Object.entries(sent).filter(([name]) => !steering.test(name));
  const known = new Set(content.map(([name]) => name));
  return [
    ...Object.keys(stored)
      .filter((name) => !known.has(name))
      .map((name) => `${JSON.stringify(name)} was never sent`),
    ...content
      .filter(([name, value]) => !isKept(value, Object.hasOwn(stored, name) ? stored[name] : undefined))
      .map(([name, value]) => `${JSON.stringify(name)} was ${show(value)}, is ${show(stored[name])}`),
  ];
}

/** As sent, a line break as LF; addresses, dates and the like without the blanks around them. */
function isKept(sent: unknown, stored: unknown): boolean {
  if (Array.isArray(sent)) {
    if (sent.every((one) => blank.test(textOf(one)))) return stored === undefined;
    return (
      Array.isArray(stored) &&
      stored.length === sent.length &&
      sent.every((one, at) => textOf(one) === stored[at])
    );
  }
  const text = textOf(sent);
  if (blank.test(text)) return stored === undefined;
  if (typeof stored !== "string") return stored === sent;
  return (
    stored === text || (text.includes(stored) && text.split(stored).every((around) => blank.test(around)))
  );
}

const textOf = (value: unknown) => String(value ?? "").replaceAll("\r\n", "\n");
const show = (value: unknown) => (JSON.stringify(value) ?? "nothing").slice(0, 200);

async function faultsOfCsv(db: Parameters<typeof exportSubmissions>[0], form: string): Promise<string[]> {
  const write = async (format: "csv" | "ndjson") =>
    (await Array.fromAsync(exportSubmissions(db, { form, format, withSpam: true }))).join("");
  const table = Papa.parse<Record<string, string>>(await write("csv"), {
    header: true,
    skipEmptyLines: true,
  });
  const lines = (await write("ndjson")).split("\n").filter(Boolean);
  const stored: { id: string; fields: Record<string, unknown> }[] = lines.map((line) => JSON.parse(line));
  const rows = new Map(table.data.map((row) => [row.id, row]));

  return stored.flatMap(({ id, fields }) => {
    const row = rows.get(id);
    if (!row) return [`${id} is not in the CSV of ${form}`];
    const cells = Object.values(row).filter((cell) => formula.test(cell));
    const changed = Object.entries(fields).filter(([name, value]) => {
      const text = Array.isArray(value) ? value.join("; ") : String(value);
      // The name of a column may be a formula too.
      const cell = row[formula.test(name) ? `'${name}` : name];
      return cell !== undefined && cell !== (formula.test(text) ? `'${text}` : text);
    });
    return [
      ...cells.map((cell) => `CSV of ${form}: ${show(cell)} begins a formula`),
      ...changed.map(
        ([name, value]) => `CSV of ${form}: ${show(name)} is ${show(row[name])}, was ${show(value)}`,
      ),
    ];
  });
}
