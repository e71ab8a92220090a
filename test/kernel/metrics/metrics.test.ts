import { expect, test } from "bun:test";
import { join } from "node:path";
import { createMetrics, metricsTable } from "#/kernel/metrics";
import { catalogue } from "#/kernel/metrics/catalogue";

const readme = Bun.file(join(import.meta.dir, "../../../README.md"));
const section = /(<!-- metrics -->\n)([\s\S]*?)(<!-- \/metrics -->)/;

// `UPDATE=1` writes what this test otherwise compares.
if (process.env.UPDATE === "1") {
  const text = await readme.text();
  await Bun.write(
    readme,
    text.replace(section, (_, open, __, close) => `${open}\n${metricsTable()}\n${close}`),
  );
}

const linesOf = async (metrics: ReturnType<typeof createMetrics>, name: string) =>
  (await metrics.render()).split("\n").filter((line) => line.startsWith(name));

test("README's table says what the catalogue says", async () => {
  const [, , table] = section.exec(await readme.text()) ?? [];

  expect(table).toBe(`\n${metricsTable()}\n`);
});

test("every metric is named and typed as Prometheus wants it, once", async () => {
  const text = await createMetrics().render();

  for (const [name, { type }] of Object.entries(catalogue)) {
    expect(name).toMatch(/^[a-z]+(_[a-z]+)+$/);
    expect(name.endsWith("_total")).toBe(type === "counter");
    expect(text.split("\n").filter((line) => line === `# TYPE ${name} ${type}`)).toHaveLength(1);
  }
  expect(text).toEndWith("\n");
});

test("a counter is the same at each call, and a label is escaped", async () => {
  const metrics = createMetrics();

  metrics.counter("rate_limit_refusals_total", { rule: 'a"b\\c\nd' }).add();
  metrics.counter("rate_limit_refusals_total", { rule: 'a"b\\c\nd' }).add(2);

  expect(await linesOf(metrics, "rate_limit_refusals_total")).toEqual([
    'rate_limit_refusals_total{rule="a\\"b\\\\c\\nd"} 3',
  ]);
});

test("a histogram counts each value into every bucket it fits, and beyond the last", async () => {
  const metrics = createMetrics();
  const rows = metrics.histogram("forms_intake_batch_rows", {});

  for (const value of [1, 2, 64, 1000]) rows.observe(value);

  expect(await linesOf(metrics, "forms_intake_batch_rows")).toEqual([
    'forms_intake_batch_rows_bucket{le="1"} 1',
    'forms_intake_batch_rows_bucket{le="4"} 2',
    'forms_intake_batch_rows_bucket{le="16"} 2',
    'forms_intake_batch_rows_bucket{le="64"} 3',
    'forms_intake_batch_rows_bucket{le="256"} 3',
    'forms_intake_batch_rows_bucket{le="+Inf"} 4',
    "forms_intake_batch_rows_sum 1067",
    "forms_intake_batch_rows_count 4",
  ]);
});

test("a metric has at most a thousand series; what comes beyond is counted as other", async () => {
  const metrics = createMetrics();

  for (let n = 0; n < 1_500; n++) metrics.counter("rate_limit_refusals_total", { rule: `rule ${n}` }).add();
  metrics.counter("rate_limit_refusals_total", { rule: "rule 7" }).add();

  const lines = await linesOf(metrics, "rate_limit_refusals_total");
  expect(lines).toHaveLength(1_001);
  expect(lines).toContain('rate_limit_refusals_total{rule="rule 7"} 2');
  expect(lines.at(-1)).toBe('rate_limit_refusals_total{rule="other"} 500');
});

test("a source that throws or hangs is left out and counted, the others are there", async () => {
  const metrics = createMetrics();
  metrics.read("broken", () => {
    throw new Error("hunter2");
  });
  metrics.read("hanging", () => new Promise(() => {}));
  metrics.read("good", () => ({ process_open_fds: [{ labels: {}, value: 7 }] }));

  const text = await metrics.render();

  expect(text).toContain("\nprocess_open_fds 7\n");
  expect(text).toContain('metrics_unread_total{source="broken"} 1\n');
  expect(text).toContain('metrics_unread_total{source="hanging"} 1\n');
  expect(text).not.toContain("hunter2");
});

test("scrapes within a second share one look", async () => {
  const metrics = createMetrics();
  let looks = 0;
  metrics.read("counted", async () => {
    looks += 1;
    return {};
  });

  await Promise.all([metrics.render(), metrics.render(), metrics.render()]);

  expect(looks).toBe(1);
});
