import { audit, type Origin } from "#/kernel/audit";
import type { Kernel } from "#/kernel/kernel";
import type { CompiledForm } from "../catalogue/compile-form";
import type { Field } from "../catalogue/form-definition";
import { readPost } from "../intake/read-post";
import { refuseFields } from "../intake/refuse-fields";
import { stageSubmission } from "./stage-submission";

type Tester = { id: number; email: string | null; origin: Origin };

/**
 * A marked message through every channel of a form, in no list, figure or export. Without `fields` it holds the form's
 * examples, and as the visitor's address that of whoever tests. Gives its id. Refuses fields as the form does.
 */
export function testForm(
  kernel: Kernel,
  { id: actor, email, origin }: Tester,
  form: CompiledForm,
  fields: Readonly<Record<string, unknown>> | undefined,
): Promise<string> {
  const { slug, fields: declared } = form.definition;
  const body = fields ?? Object.fromEntries(declared.flatMap((field) => exampleOf(field, email)));
  const posted = readPost(form, Buffer.from(JSON.stringify(body)), "application/json");
  const checked = form.check(posted, "en");
  if (!checked.ok) throw refuseFields("/api/v1/admin", checked);
  const { fields: content, emailNormalised, replyTo } = checked;
  return kernel.db.transaction(async (tx) => {
    const trial = {
      kind: "test",
      form: slug,
      formVersion: form.version,
      fields: { ...content },
      language: "en",
    } as const;
    const id = await stageSubmission(kernel, tx, { ...trial, emailNormalised, replyTo });
    const subject = { type: "form", id: slug };
    await audit(tx, { event: "form.tested", actor, subject, data: { submission: id }, origin });
    return id;
  });
}

function exampleOf(
  { name, type, example, options: [first] = [] }: Field,
  email: string | null,
): [string, unknown][] {
  if (type === "email" && email !== null) return [[name, email]];
  if (type === "consent") return [[name, true]];
  const value = example ?? (type === "choices" && first !== undefined ? [first] : first);
  return value === undefined ? [] : [[name, value]];
}
