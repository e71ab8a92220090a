import { Type } from "@sinclair/typebox";
import { defineJob, type Job } from "../jobs";
import { auditState } from "./audit-state";
import { purgeAudit } from "./purge-audit";
import { verifyChain } from "./verify-chain";

const purge = defineJob({
  name: "audit.purge",
  payload: Type.Object({}),
  schedule: "23 2 * * *",
  leaseSeconds: 3600,
  async run({ db, config, log }): Promise<void> {
    const { details, events } = await purgeAudit(db, config);
    if (details + events > 0) log("info", "audit.purged", { rows: details + events });
  },
});

/** The head goes to the log, where whoever rewrites the table cannot reach it. */
const verify = defineJob({
  name: "audit.verify",
  payload: Type.Object({}),
  schedule: "53 2 * * *",
  leaseSeconds: 3600,
  async run({ db, log }): Promise<void> {
    const { broken } = await verifyChain(db);
    if (broken) log("error", "audit.chain_broken", { seq: broken.seq, reason: broken.why });
    const { sealedSeq, head, unsealed } = await auditState(db);
    log("info", "audit.head", { seq: sealedSeq, head, unsealed });
  },
});

export const auditJobs: readonly Job[] = [purge, verify];
