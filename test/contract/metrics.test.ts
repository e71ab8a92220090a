import { expect, test } from "bun:test";
import { catalogue } from "#/kernel/metrics/catalogue";
import { contact } from "../support/sample-posts";
import { until } from "../support/until";
import { openWorld } from "../support/world";

const token = "bTq4vX9cM2nL7sJ5wR8yK1zD6fH3gP0a";
const world = await openWorld({
  env: { METRICS_TOKEN: token, RATE_LIMIT: "on", FORMS_RATE_CLIENT_FORM: "3/60s" },
});

type Series = { name: string; labels: Record<string, string>; value: number };

/** Every sample of the text format. */
async function scrape(): Promise<Series[]> {
  const answer = await world.send("/metrics", { headers: { authorization: `Bearer ${token}` } });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
  ]);
  return (await answer.text())
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [, name = "", labels = "", value = ""] =
        /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? expect.unreachable(line);
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text]);
      return { name, labels: Object.fromEntries(pairs), value: Number(value) };
    });
}

/** The value of one series; undefined where there is none. */
const find = (all: Series[], name: string, labels: Record<string, string> = {}) =>
  all.find(
    (one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value),
  )?.value;

const grown = (before: Series[], after: Series[], name: string, labels: Record<string, string> = {}) =>
  (find(after, name, labels) ?? 0) - (find(before, name, labels) ?? 0);

world.describe("GET /metrics", () => {
  const callers: { title: string; headers: Record<string, string>; status?: number }[] = [
    { title: "another token", headers: { authorization: "Bearer bTq4" } },
    { title: "another scheme", headers: { authorization: `Basic ${token}` }, status: 200 },
    { title: "an empty token", headers: { authorization: "Bearer " }, status: 200 },
    ...["x-forwarded-for", "forwarded", "x-real-ip", "via", "x-forwarded-proto"].map((name) => ({
      title: `a proxy on this machine (${name})`,
      headers: { [name]: "192.0.2.1" },
    })),
  ];
  test.each(callers)("answers $title as a caller without a token", async ({ headers, status = 401 }) => {
    const answer = await world.send("/metrics", { headers });

    expect(answer.status).toBe(status);
    if (status === 200) return;
    expect([answer.headers.get("www-authenticate"), await answer.json()]).toMatchObject([
      "Bearer",
      { status, code: "unauthorized" },
    ]);
  });

  test("opens to the token, through a proxy as well, and to this machine without one", async () => {
    const bearer = { authorization: `Bearer ${token}` };

    const answers = [
      await world.send("/metrics"),
      await world.send("/metrics", { headers: bearer }),
      await world.send("/metrics", { headers: { ...bearer, "x-forwarded-for": "192.0.2.1" } }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers[0]?.headers.get("cache-control")).toBe("no-store");
  });

  test("counts requests by pattern, never by path", async () => {
    const before = await scrape();
    await world.send("/f/planted-slug?token=planted-query");
    await world.send("/planted-path", { method: "PROPFIND" });
    await world.post("/api/contact", {});

    const after = await scrape();

    const requests = (labels: Record<string, string>) =>
      grown(before, after, "http_request_seconds_count", labels);
    expect(requests({ method: "GET", route: "/f/:form", class: "4xx" })).toBe(1);
    expect(requests({ method: "other", route: "unmatched", class: "4xx" })).toBe(1);
    expect(requests({ method: "POST", route: "/api/contact", class: "4xx" })).toBe(1);
    expect(grown(before, after, "http_answers_total", { class: "4xx" })).toBe(3);
    expect(find(after, "http_in_flight_requests", { lane: "other" })).toBe(1);
    expect(JSON.stringify(after)).not.toMatch(/planted/i);
  });

  test("follows a message from its arrival to its mail", async () => {
    const before = await scrape();
    await world.post("/f/contact", contact, { headers: { "idempotency-key": "metrics-1" } });
    await world.post("/f/contact", contact, { headers: { "idempotency-key": "metrics-1" } });
    await world.settled();
    const by =
      (name: string, labels = {}) =>
      async () =>
        grown(before, await scrape(), name, labels);
    const delivered = by("forms_delivery_attempts_total", { channel: "owner_email", outcome: "ok" });
    await until(async () => (await delivered()) === 1);

    const after = await scrape();

    const { kind } = world.kernel.database;
    const more = (name: string, labels = {}) => grown(before, after, name, labels);
    expect(more("forms_submissions_total", { form: "contact", state: "received" })).toBe(1);
    expect(more("forms_submissions_total", { form: "contact", state: "replayed" })).toBe(1);
    expect(more("forms_submissions_total", { form: "contact", state: "inbox" })).toBe(1);
    expect(more("forms_intake_batch_rows_count")).toBe(2);
    expect(more("forms_intake_wait_seconds_count")).toBe(2);
    expect(more("forms_judge_delay_seconds_count")).toBe(1);
    expect(more("jobs_runs_total", { queue: "forms.process", outcome: "done" })).toBe(1);
    // The verdict and the delivery; a batch is stored by one statement.
    expect(more("database_wait_seconds_count", { kind })).toBeGreaterThan(1);
    expect(more("database_seconds_count", { kind, work: "transaction" })).toBeGreaterThan(1);
    expect(more("database_seconds_count", { kind, work: "statement" })).toBeGreaterThan(1);
    expect(find(after, "forms_intake_waiting_rows")).toBe(0);
  });

  test("counts what was refused because a client came too often", async () => {
    const before = await scrape();
    for (let n = 0; n < 4; n++) await world.post("/f/waitlist", { email: `a${n}@example.com` });

    const after = await scrape();

    expect(grown(before, after, "rate_limit_refusals_total", { rule: "form" })).toBe(1);
  });

  test("tells of deliveries that did not arrive, and of the jobs", async () => {
    const { database } = world.kernel;
    await world.post("/f/contact", contact);
    await world.settled();
    await database.executeSql("update gatehouse.deliveries set state = 'dead'");
    await until(async () => find(await scrape(), "forms_deliveries", { state: "dead" }) === 1);

    const after = await scrape();

    expect(find(after, "forms_deliveries", { state: "retrying" })).toBe(0);
    for (const name of ["jobs_waiting", "jobs_oldest_seconds", "jobs_running", "jobs_dead"]) {
      expect(find(after, name, { queue: "forms.deliver" })).toBe(0);
    }
    expect(find(after, "metrics_unread_total")).toBeUndefined();
  });

  test("says what runs: the build, its memory, its files, how late its loop is", async () => {
    await until(async () => (find(await scrape(), "process_event_loop_lag_seconds_count") ?? 0) > 0);

    const all = await scrape();

    expect(find(all, "gatehouse_build_info", { database: world.kernel.database.kind })).toBe(1);
    expect(find(all, "process_resident_memory_bytes")).toBeGreaterThan(20_000_000);
    expect(find(all, "process_open_fds")).toBeGreaterThan(3);
    expect(find(all, "process_cpu_seconds_total")).toBeGreaterThan(0);
  });

  test("labels hold only what the catalogue names, and nothing of a visitor", async () => {
    const all = await scrape();

    for (const { name, labels } of all) {
      const known = Object.entries(catalogue).find(([one]) =>
        new RegExp(`^${one}(_bucket|_sum|_count)?$`).test(name),
      );
      const wanted = known?.[1].labels as readonly string[] | undefined;
      expect([name, Object.keys(labels).filter((label) => label !== "le")]).toEqual([
        name,
        [...(wanted ?? [])],
      ]);
    }
  });
});
