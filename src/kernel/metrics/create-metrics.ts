import { within } from "../db/within";
import { type CounterName, catalogue, type HistogramName, type LabelsOf, type ReadName } from "./catalogue";
import {
  type Counter,
  type CounterCell,
  counterCell,
  type Histogram,
  type HistogramCell,
  histogramCell,
} from "./cells";
import { type Reading, renderMetrics, type Series } from "./render-metrics";

/** What a source read just now, by metric. One that is left out has no series. */
export type Readings = {
  [N in ReadName]?: readonly Reading<LabelsOf<N>>[];
};

export type Metrics = {
  /** The counter of these labels, the same at each call: ask once and keep it where it is used often. */
  counter<N extends CounterName>(name: N, labels: LabelsOf<N>): Counter;
  histogram<N extends HistogramName>(name: N, labels: LabelsOf<N>): Histogram;
  /** Called at scrapes, at most once a second. One that throws or takes longer than a second is left out. */
  read(source: string, readings: () => Readings | Promise<Readings>): void;
  /** Everything in Prometheus' text format 0.0.4. Never rejects. */
  render(): Promise<string>;
};

/** A last bound besides the label lists; beyond it a metric's further labels are counted together as `other`. */
const mostSeries = 1_000;
const sharedMs = 1_000;
const patienceMs = 1_000;

/** The metrics of one process. */
export function createMetrics(): Metrics {
  const counters = new Map<CounterName, Map<string, Series<CounterCell>>>();
  const histograms = new Map<HistogramName, Map<string, Series<HistogramCell>>>();
  const sources = new Map<string, () => Readings | Promise<Readings>>();
  let shared: { at: number; readings: Promise<Readings> } | undefined;

  const counter: Metrics["counter"] = (name, labels) => seriesOf(counters, name, labels, counterCell);

  const readOne = async ([source, read]: [string, () => Readings | Promise<Readings>]): Promise<Readings> => {
    try {
      return await within(patienceMs, (async () => read())());
    } catch {
      counter("metrics_unread_total", { source }).add();
      return {};
    }
  };
  const readAll = async (): Promise<Readings> =>
    Object.assign({}, ...(await Promise.all([...sources].map(readOne))));

  return {
    counter,
    histogram: (name, labels) =>
      seriesOf(histograms, name, labels, () => histogramCell(catalogue[name].buckets)),
    read(source, readings) {
      sources.set(source, readings);
    },
    async render() {
      const at = performance.now();
      if (!shared || at - shared.at >= sharedMs) shared = { at, readings: readAll() };
      return renderMetrics({ counters, histograms, readings: await shared.readings });
    },
  };
}

function seriesOf<N extends CounterName | HistogramName, Cell>(
  all: Map<N, Map<string, Series<Cell>>>,
  name: N,
  labels: Readonly<Record<string, string>>,
  make: () => Cell,
): Cell {
  const known = all.get(name) ?? new Map<string, Series<Cell>>();
  all.set(name, known);
  const names = catalogue[name].labels;
  const values = names.map((label) => labels[label] ?? "");
  const full = known.size >= mostSeries && !known.has(values.join("\n"));
  const kept = full ? names.map(() => "other") : values;
  const key = kept.join("\n");
  let series = known.get(key);
  if (!series) {
    series = { labels: Object.fromEntries(names.map((label, n) => [label, kept[n] ?? ""])), cell: make() };
    known.set(key, series);
  }
  return series.cell;
}
