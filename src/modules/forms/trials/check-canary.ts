import { Type } from "@sinclair/typebox";
import { eq } from "drizzle-orm";
import { defineJob } from "#/kernel/jobs";
import { UUID } from "#/kernel/uuid";
import { wayOf } from "../delivery/raise-failures";
import { findSubmission } from "../queries";
import { deliveries } from "../tables";

/** Whether a canary arrived everywhere; of each way that it did not take, the team hears by another. */
export const checkCanary = defineJob({
  name: "forms.canary_check",
  payload: Type.Object({ submissionId: Type.String({ pattern: UUID }) }),
  async run({ alerts, db }, { submissionId }): Promise<void> {
    const canary = await findSubmission(db, submissionId);
    if (!canary) return;
    const told = await db.select().from(deliveries).where(eq(deliveries.submissionId, submissionId));
    if (told.length === 0)
      await alerts.raise({
        cause: "canary:judge",
        title: "The test message is not judged yet",
        text: "Ten minutes after it was stored, nobody has been told of it. Messages of visitors fare alike.",
      });
    for (const { channel, state, lastError } of told)
      if (state !== "delivered")
        await alerts.raise({
          cause: `canary:${channel}`,
          title: `The test message did not arrive by ${channel}`,
          text: `Ten minutes after it was sent it is ${[state, lastError].filter(Boolean).join(", ")}. Messages of visitors fare alike.`,
          ...wayOf(channel),
        });
  },
});
