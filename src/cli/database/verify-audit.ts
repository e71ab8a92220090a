import { auditState, type Break, verifyChain } from "#/kernel/audit";
import { readArguments, UsageError } from "../command";
import type { DatabaseCommand } from "../database-command";
import { exitCodes } from "../exit-codes";
import { requireSchema } from "./require-schema";

/** `verify`, and nothing else. */
export function readAuditArguments(args: string[]): void {
  const [action, ...more] = readArguments(args, { allowPositionals: true, options: {} }).positionals;
  if (action !== "verify" || more.length > 0) throw new UsageError("Say what to do: gatehouse audit verify");
}

export const verifyAudit: DatabaseCommand = async ({ database, db }, args, { write, complain }) => {
  readAuditArguments(args);
  await requireSchema(database);
  const { anchor, head, broken } = await verifyChain(db);
  const { unsealed } = await auditState(db);
  const count = head.seq - anchor.seq;
  await write(`head      ${head.seq} ${Buffer.from(head.hash).toString("hex")}\n`);
  await write(`sealed    ${count}${anchor.seq > 0 ? `, after ${anchor.seq} that reached their age` : ""}\n`);
  await write(`unsealed  ${unsealed}\n`);
  if (!broken) return exitCodes.done;
  await complain(`gatehouse: The audit is not what was sealed: event ${broken.seq} ${reasons[broken.why]}\n`);
  return exitCodes.failed;
};

const reasons: Record<Break["why"], string> = {
  missing: "is missing",
  altered: "was changed or put in another's place",
  details: "has other personal details",
  foreign: "was never sealed there",
};
