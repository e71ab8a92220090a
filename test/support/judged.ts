import { compiledForms } from "#/modules/forms/catalogue/compiled-forms";
import type { FormDefinition } from "#/modules/forms/catalogue/form-definition";
import type { Reason } from "#/modules/forms/tables";
import { contact } from "./sample-posts";
import type { How, World } from "./world";

/** What became of a message. */
export type JudgedRow = {
  state: string;
  score: number;
  codes: string[];
  points: Record<string, number>;
  intake: unknown;
};

/** As a browser on a site's page sends it, so that nothing but the test's own matter speaks against it. */
export const fromSite = { headers: { origin: "https://www.example.com" } };

/** Posts the contact form, waits for the verdict and gives it. */
export async function judge(world: World, fields: object = {}, how: How = fromSite): Promise<JudgedRow> {
  const answer = await world.post("/f/contact", { ...contact, ...fields }, how);
  if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
  const { id } = (await answer.json()) as { id: string };
  await world.settled();
  return readVerdict(world, id);
}

export async function readVerdict({ kernel }: World, id: string): Promise<JudgedRow> {
  const { rows } = await kernel.database.executeSql(
    `select state, score, reasons::text as reasons, intake::text as intake from gatehouse.submissions where id = '${id}'`,
  );
  const [row] = rows;
  const reasons = JSON.parse(String(row?.reasons)) as Reason[];
  return {
    state: String(row?.state),
    score: Number(row?.score),
    codes: reasons.map(({ code }) => code),
    points: Object.fromEntries(reasons.map(({ code, points }) => [code, points])),
    intake: row?.intake === null ? null : JSON.parse(String(row?.intake)),
  };
}

/** The contact form with other settings, until the returned function is called. */
export function setForm(settings: Partial<FormDefinition>): () => void {
  const { definition } = compiledForms.get("contact")!;
  const before = { ...definition };
  Object.assign(definition, settings);
  return () => {
    for (const name of Object.keys(settings)) Reflect.deleteProperty(definition, name);
    Object.assign(definition, before);
  };
}
