/** What is said of a metric. `read` ones are asked at each scrape, the others count as things happen. */
export type Definition = {
  type: "counter" | "gauge" | "histogram";
  help: string;
  labels: readonly string[];
  read: boolean;
  /** Upper bounds, rising; `+Inf` follows by itself. */
  buckets: readonly number[];
};

const counter = <const L extends readonly string[]>(help: string, ...labels: L) => ({
  type: "counter" as const,
  read: false as const,
  buckets: [],
  help,
  labels,
});
const histogram = <const L extends readonly string[]>(
  buckets: readonly number[],
  help: string,
  ...labels: L
) => ({ type: "histogram" as const, read: false as const, buckets, help, labels });
const gauge = <const L extends readonly string[]>(help: string, ...labels: L) => ({
  type: "gauge" as const,
  read: true as const,
  buckets: [],
  help,
  labels,
});
const readCounter = <const L extends readonly string[]>(help: string, ...labels: L) => ({
  ...gauge(help, ...labels),
  type: "counter" as const,
});

const answerSeconds = [0.005, 0.025, 0.1, 0.25, 1, 2.5, 10];
const shortSeconds = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5];

/**
 * Every metric, named `module_noun_unit` as Prometheus writes them. Labels come from our own lists (patterns of
 * routes, forms of the catalogue, states) and never from a visitor, so the number of series is bounded.
 * A label `class` is that of the status, such as `2xx`.
 */
export const catalogue = {
  http_request_seconds: histogram(
    answerSeconds,
    "From the arrival of a request to its answer, by pattern of the route (`unmatched` where none took it)",
    "method",
    "route",
    "class",
  ),
  http_answers_total: counter("Answers", "class"),
  http_in_flight_requests: gauge("Requests being answered", "lane"),
  rate_limit_refusals_total: counter("Requests refused because a client came too often", "rule"),
  rate_limit_store_failures_total: counter("Times the shared store of the limits failed and memory counted"),
  hashing_seconds: histogram(
    [0.01, 0.025, 0.05, 0.1, 0.25, 1],
    "From the start of a password's check or hash to its end, waiting not included",
  ),
  hashing_waiting_requests: gauge("Passwords that wait for their turn to be hashed"),
  hashing_refusals_total: counter(
    "Passwords not looked at: the queue is too long (`busy`), or too many of one network wait (`rate_limited`)",
    "reason",
  ),
  forms_submissions_total: counter(
    "Messages: `received` once stored, `replayed` when sent again, then what the judge made of them",
    "form",
    "state",
  ),
  forms_intake_batch_rows: histogram([1, 4, 16, 64, 256], "Messages that shared one transaction"),
  forms_intake_wait_seconds: histogram(shortSeconds, "From the arrival of a checked message to its commit"),
  forms_intake_waiting_rows: gauge("Messages without an answer yet"),
  forms_judge_delay_seconds: histogram([0.1, 0.5, 2, 10, 60, 600], "From a message's arrival to its verdict"),
  forms_delivery_attempts_total: counter("Attempts to tell a destination", "channel", "outcome"),
  forms_deliveries: gauge("Deliveries that did not arrive, up to 5,000 of each state", "state"),
  integration_calls_total: counter(
    "Calls to other machines, by class of the answer's status, or why there was none",
    "name",
    "operation",
    "outcome",
  ),
  integration_seconds: histogram(
    answerSeconds,
    "From the start of a call to the end of its answer, waiting for a free connection included",
    "name",
    "operation",
  ),
  integration_breaker_open: gauge("Destinations left alone because they failed too often", "name"),
  jobs_waiting: gauge("Jobs whose moment has come, as last counted (every 10 seconds)", "queue"),
  jobs_oldest_seconds: gauge("How long ago the moment of the first waiting job came", "queue"),
  jobs_running: gauge("Jobs running in this process", "queue"),
  jobs_dead: gauge("Jobs given up in the last 30 days, as last counted", "queue"),
  jobs_runs_total: counter(
    "Runs that ended: `done`, `failed` (repeated later) or `dead`",
    "queue",
    "outcome",
  ),
  audit_sealed_seq: gauge("Place of the last sealed event in the audit's chain"),
  audit_unsealed_rows: gauge("Audit events without a place yet, up to 10,000; a long transaction holds them"),
  audit_chain_ok_time_seconds: gauge(
    "When the whole chain was last found right, in seconds since 1970; absent once it is found broken",
  ),
  database_wait_seconds: histogram(shortSeconds, "How long a transaction waited for its turn", "kind"),
  database_seconds: histogram(
    shortSeconds,
    "Statements outside of transactions, and whole transactions, waiting included",
    "kind",
    "work",
  ),
  database_refusals_total: counter(
    "Work refused: the database is `away`, `busy`, or too much waits (`full`)",
    "kind",
    "reason",
  ),
  database_outstanding: gauge("Statements and transactions that wait or run", "kind"),
  metrics_unread_total: counter(
    "Times a source gave its gauges late or not at all; they are left out",
    "source",
  ),
  process_event_loop_lag_seconds: histogram(
    [0.005, 0.025, 0.1, 0.5, 2.5],
    "How much later than asked a timer ran, twice a second",
  ),
  process_cpu_seconds_total: readCounter("Processor time, of the user and the system together"),
  process_resident_memory_bytes: gauge("Resident memory"),
  process_open_fds: gauge("Open file descriptors"),
  process_start_time_seconds: gauge("When the process started, in seconds since 1970"),
  gatehouse_build_info: gauge("Always 1", "version", "commit", "database"),
} satisfies Record<string, Definition>;

type Catalogue = typeof catalogue;
export type MetricName = keyof Catalogue;
type NameWhere<Shape> = { [N in MetricName]: Catalogue[N] extends Shape ? N : never }[MetricName];
export type CounterName = NameWhere<{ type: "counter"; read: false }>;
export type HistogramName = NameWhere<{ type: "histogram" }>;
export type ReadName = NameWhere<{ read: true }>;
export type LabelsOf<N extends MetricName> = Readonly<Record<Catalogue[N]["labels"][number], string>>;
