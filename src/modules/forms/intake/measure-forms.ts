import type { Kernel } from "#/kernel/kernel";
import type { Counter, Metrics } from "#/kernel/metrics";
import { countOpenDeliveries } from "../queries";

/** Told of each batch on disk and how many messages wait behind it, and of each message that got its receipt. */
export type IntakeMeter = {
  committed(rows: number, behind: number): void;
  answered(form: string, replayed: boolean, waitedMs: number): void;
};

/** The series are made once: a message passes here while its visitor waits. */
export function measureIntake(metrics: Metrics): IntakeMeter {
  const batches = metrics.histogram("forms_intake_batch_rows", {});
  const waits = metrics.histogram("forms_intake_wait_seconds", {});
  const counted = (state: "received" | "replayed") => {
    const byForm = new Map<string, Counter>();
    return (form: string) => {
      const known = byForm.get(form) ?? metrics.counter("forms_submissions_total", { form, state });
      byForm.set(form, known);
      known.add();
    };
  };
  const [received, repeated] = [counted("received"), counted("replayed")];
  return {
    committed: batches.observe,
    answered(form, replayed, waitedMs) {
      (replayed ? repeated : received)(form);
      waits.observe(waitedMs / 1000);
    },
  };
}

/** What is read when somebody looks: messages without an answer, deliveries that did not arrive. */
export function measureForms({ metrics, db }: Pick<Kernel, "metrics" | "db">, waiting: () => number): void {
  metrics.read("intake", () => ({ forms_intake_waiting_rows: [{ labels: {}, value: waiting() }] }));
  metrics.read("deliveries", async () => ({
    forms_deliveries: (await countOpenDeliveries(db)).map(({ state, count }) => ({
      labels: { state },
      value: count,
    })),
  }));
}
