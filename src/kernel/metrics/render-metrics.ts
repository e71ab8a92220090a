import { type Metric, Registry } from "prom-client";
import { catalogue, type Definition } from "./catalogue";
import type { CounterCell, HistogramCell } from "./cells";

export type Labels = Readonly<Record<string, string>>;
export type Series<Cell> = { labels: Labels; cell: Cell };
export type Reading<L extends Labels = Labels> = { labels: L; value: number };

type Sources = {
  counters: ReadonlyMap<string, ReadonlyMap<string, Series<CounterCell>>>;
  histograms: ReadonlyMap<string, ReadonlyMap<string, Series<HistogramCell>>>;
  readings: Readonly<Record<string, readonly Reading[]>>;
};
type Value = { labels: Labels | { le: string | number }; value: number; metricName?: string };

export const metricsType = Registry.PROMETHEUS_CONTENT_TYPE;

/** Every metric of the catalogue, in its order, with the series there are; prom-client escapes and writes them. */
export function renderMetrics(sources: Sources): Promise<string> {
  const registry = new Registry();
  for (const [name, definition] of Object.entries<Definition>(catalogue)) {
    const { type, help } = definition;
    const values = valuesOf(name, definition, sources);
    // What the registry asks of a metric is this; its own classes cost too much where requests pass (`cells.ts`).
    const metric = { name, get: async () => ({ name, help, type, values, aggregator: "sum" }) };
    registry.registerMetric(metric as unknown as Metric);
  }
  return registry.metrics();
}

function valuesOf(name: string, { read, buckets }: Definition, sources: Sources): Value[] {
  if (read) return (sources.readings[name] ?? []).map(({ labels, value }) => ({ labels, value }));
  const counted = [...(sources.counters.get(name)?.values() ?? [])];
  const sorted = [...(sources.histograms.get(name)?.values() ?? [])];
  return [
    ...counted.map(({ labels, cell }) => ({ labels, value: cell.total() })),
    ...sorted.flatMap((series) => bucketsOf(name, buckets, series)),
  ];
}

function bucketsOf(
  name: string,
  bounds: readonly number[],
  { labels, cell }: Series<HistogramCell>,
): Value[] {
  const cumulated = cell.cumulated();
  const count = cumulated.at(-1) ?? 0;
  const rows = [...bounds, "+Inf"].map((le, n) => ({
    metricName: `${name}_bucket`,
    labels: { ...labels, le },
    value: cumulated[n] ?? 0,
  }));
  return [
    ...rows,
    { metricName: `${name}_sum`, labels, value: cell.sum() },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
