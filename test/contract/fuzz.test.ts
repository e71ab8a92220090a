import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import fc from "fast-check";
import { isProtected } from "../support/access";
import { embeddedPlace, postgresPlace } from "../support/databases";
import { startExecutable } from "../support/executable";
import { type Case, casesOf } from "../support/fuzz/cases";
import { exchange, send } from "../support/fuzz/exchange";
import { fixedCasesOf } from "../support/fuzz/fixed-cases";
import { canary, hostileText } from "../support/fuzz/hostile-text";
import { faultsOfRefusal, judgeBy } from "../support/fuzz/judge";
import { oddRequests } from "../support/fuzz/odd-requests";
import { type OpenApi, type Operation, operationsOf, targetOf } from "../support/fuzz/operations";
import { type Ledger, readBack } from "../support/fuzz/read-back";
import {
  expectedOf,
  type FuzzCaller,
  faultsOfAccess,
  fuzzCallers,
  mayCall,
  openCallers,
} from "../support/fuzz/roles";
import type { Stage } from "../support/live-calls";
import { startPostgres } from "../support/postgres";
import { addResidents } from "../support/residents";
import { startSmtp } from "../support/smtp";
import { until } from "../support/until";

const cases = Number(process.env.FUZZ_CASES ?? 20);
const isLong = process.env.FUZZ_CASES !== undefined;
const seed = Number(process.env.FUZZ_SEED ?? (isLong ? Date.now() % 2 ** 31 : 42));
const MEGABYTE = 1024 * 1024;
const limitMs = 60_000 + cases * 3000;

const postgres = process.env.TEST_DATABASE === "postgres" ? await startPostgres() : undefined;
const place = postgres ? await postgresPlace(postgres) : embeddedPlace();
const residents = await addResidents(place, { user: 20, editor: 10, dev: 20 });
// The account that the examples of the document name; it is changed as they come.
residents.take();
const smtp = await startSmtp();
const service = await startExecutable({
  ...place.env,
  SMTP_URL: smtp.url,
  MAIL_FROM: "Site <site@example.com>",
  WHITELISTED_EMAILS: "@example.com",
});
const stage: Stage = {
  send: (path, init) => fetch(`${service.url}${path}`, init),
  mails: smtp.messages,
  person: async (role) => residents.take(role),
};
const callers = openCallers(stage);
const document = (await (await fetch(`${service.url}/docs/json`)).json()) as OpenApi;
const operations = operationsOf(document);
const judge = judgeBy(document);
const ledger: Ledger = { taken: new Map(), refused: new Set() };
let sent = 0;

console.error(
  `fuzz: ${cases} cases an operation, FUZZ_SEED=${seed}, ${postgres ? "PostgreSQL" : "embedded"}`,
);

describe("whatever is sent", () => {
  const watch = watchHealth(service);
  let before: Footprint | undefined;

  beforeAll(async () => {
    if (postgres) await until(async () => (await fetch(`${service.url}/api/v1/readyz`)).ok, 20);
    before = footprint(service.pid);
  });
  afterAll(async () => {
    await service.kill("SIGKILL");
    await smtp.stop();
    await postgres?.stop();
    place[Symbol.dispose]();
  });

  test("the document has operations with and without a body", () => {
    expect(operations.length).toBeGreaterThan(15);
    expect(operations.filter(({ body }) => Object.keys(body).length > 0).length).toBeGreaterThan(6);
  });

  test.each(operations.map((operation) => [operation.name, operation] as const))(
    "%s answers as it is documented",
    (_, operation) => {
      const everybody = isProtected(operation.method, operation.path)
        ? fuzzCallers
        : (["anonymous"] as const);
      const fixed = fixedCasesOf(operation).flatMap((one) =>
        everybody.map((caller): [Case, FuzzCaller] => [one, caller]),
      );
      const byChance = fc.tuple(casesOf(operation), fc.constantFrom<FuzzCaller>(...everybody));
      return fuzz(byChance, ([one, caller]) => probe(operation, one, caller), fixed);
    },
    limitMs,
  );

  test("an address that does not exist is 404 in the words of its surface", () => {
    const prefixes = fc.constantFrom("/", "/api/", "/api/v1/", "/f/none/", "/health/", "/docs/");
    const segment = hostileText.map((text) => encodeURIComponent(text.toWellFormed().slice(0, 1000)));
    const lost = fc.tuple(prefixes, segment).map(([prefix, rest]) => `${prefix}~${rest}`);
    return fuzz(lost, async (target) => {
      const answer = await send(service.port, { method: "GET", target, headers: [] });
      if (!answer) return ["no answer"];
      const status = answer.status === 404 ? [] : [`answers ${answer.status}`];
      return [
        ...status,
        ...faultsOfRefusal(target, answer),
        ...(answer.text.includes(canary) ? ["repeats the path"] : []),
      ];
    });
  });

  test.each(Object.keys(document.paths))("%s names the methods that it takes", async (path) => {
    const own = operations.filter((operation) => operation.path === path);
    const methods = new Set(
      own.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method])).concat("OPTIONS"),
    );
    const target = targetOf(own[0] as Operation);
    const answers = [];

    const headers = own.some((one) => isProtected(one.method, path)) ? await callers.headersOf("dev") : [];
    for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      const answer = await send(service.port, { method, target, headers });
      const allow = new Set(answer?.headers.get("allow")?.split(", "));
      answers.push({ method, status: answer?.status, allow, isEmpty: answer?.text === "" });
    }

    // `export` is an id too, for methods that it does not take itself; whoever takes GET takes HEAD.
    const asId = operations.filter((other) => other.path !== path && fits(other.path, target));
    for (const { method, status, allow, isEmpty } of answers) {
      if (!methods.has(method) && asId.some((other) => other.method === method.replace("HEAD", "GET")))
        continue;
      const taken = methods.has(method);
      if (!taken) expect({ method, status, allow }).toEqual({ method, status: 405, allow: methods });
      else if (method === "OPTIONS")
        expect({ status, allow, isEmpty }).toEqual({ status: 204, allow: methods, isEmpty: true });
      else if (method === "HEAD") {
        const asGet = answers.find((one) => one.method === "GET")?.status;
        expect({ status, isEmpty }).toEqual({ status: asGet, isEmpty: true });
      } else expect(status).not.toBe(405);
    }
  });

  if (!isLong)
    console.error("skipped: the requests that never end wait for the server, set FUZZ_CASES for them");
  const odd = oddRequests.filter(({ name }) => isLong || !name.includes("never ends"));
  test.concurrent.each(odd.map((one) => [one.name, one] as const))(
    "%s on the wire",
    async (_, { pieces, statuses }) => {
      const answer = await exchange(
        service.port,
        pieces.map((piece) => Buffer.from(piece, "latin1")),
        25,
      );

      expect(statuses).toContain(answer?.status ?? 0);
    },
    30_000,
  );

  test("the process is the same, healthy all the while, and no larger than its work", async () => {
    const { failures, checks } = await watch.stop();

    expect(failures).toEqual([]);
    expect(checks).toBeGreaterThan(5);
    expect(readFileSync(`/proc/${service.pid}/comm`, "utf8").trim()).toBe("gatehouse");
    if (!before) return;
    await until(() => (footprint(service.pid)?.files ?? 0) <= (before?.files ?? 0) + 8, 15);
    const grown = ((footprint(service.pid)?.bytes ?? 0) - before.bytes) / MEGABYTE;
    console.error(`fuzz: ${sent} requests, ${ledger.taken.size} taken, ${Math.round(grown)} MB grown`);
    expect(grown).toBeLessThan(300);
  }, 30_000);

  test("logs no error and nothing that was sent", () => {
    // A proxy's request id is kept: it may be any plain word.
    const lines = service
      .output()
      .replaceAll(/"requestId":"[\w.-]*"/g, "")
      .split("\n");

    expect(lines.filter((line) => /"level":"?(error|fatal|50|60)/.test(line)).slice(0, 5)).toEqual([]);
    expect(lines.filter((line) => line.includes(canary)).slice(0, 5)).toEqual([]);
    expect(lines.length).toBeGreaterThan(sent / 2);
  });

  test(
    "what was taken reads back as it was sent, and nothing else is stored",
    async () => {
      expect(await service.kill()).toBe(0);

      const faults = await place.inspect((database) => readBack(database, ledger));

      expect(ledger.taken.size).toBeGreaterThan(cases);
      expect(faults.slice(0, 10)).toEqual([]);
    },
    limitMs,
  );
});

async function probe(operation: Operation, one: Case, caller: FuzzCaller): Promise<string[]> {
  const agent = `fuzz/${++sent}`;
  const key = one.headers.some(([name]) => name === "idempotency-key")
    ? []
    : [["idempotency-key", agent] as const];
  const isOwn = one.headers.some(([name]) => name === "authorization");
  const call = async (anew = false) => {
    const token = isOwn ? [] : await callers.headersOf(caller, anew);
    const headers = [["user-agent", agent] as const, ...key, ...token, ...one.headers];
    return send(service.port, { ...one, headers });
  };
  let answer = await call();
  // A call before it may have ended the session.
  if (answer?.status === 401 && !isOwn && caller !== "anonymous" && mayCall(operation, caller))
    answer = await call(true);
  if (!answer) return ["closed without an answer"];
  if (answer.status >= 400) ledger.refused.add(agent);
  else if (isDoor(operation) && one.members && !answer.headers.has("idempotency-replayed")) {
    ledger.taken.set(agent, one.members);
  }
  return [
    ...judge(operation, expectedOf(operation, one, caller), answer),
    ...faultsOfAccess(operation, caller, answer),
  ].map((fault) => (caller === "anonymous" ? fault : `${caller}: ${fault}`));
}

const fits = (template: string, target: string) =>
  new RegExp(`^${template.replace(/\{\w+\}/g, "[^/]+")}$`).test(target);

/** Takes what a visitor fills in. */
const isDoor = ({ method, path, tags }: Operation) => tags.includes("forms") && !isProtected(method, path);

/** The fixed ones first, then as many as were asked for by chance. */
function fuzz<T>(
  arbitrary: fc.Arbitrary<T>,
  faultsOf: (one: T) => Promise<string[]>,
  fixed: readonly T[] = [],
): Promise<void> {
  const property = fc.asyncProperty(arbitrary, async (one) => {
    const faults = await faultsOf(one);
    if (faults.length > 0) throw new Error(faults.join("; ").slice(0, 1000));
  });
  return fc.assert(property, {
    seed,
    numRuns: cases + fixed.length,
    examples: fixed.map((one): [T] => [one]),
    interruptAfterTimeLimit: limitMs,
    markInterruptAsFailure: true,
  });
}

/** Asks for `/health` all the time; an answer later than two seconds is a failure. */
function watchHealth({ url }: { url: string }) {
  const failures: string[] = [];
  let checks = 0;
  let running = true;
  const watching = (async () => {
    while (running) {
      const began = performance.now();
      const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2000) }).catch(
        (error: Error) => error,
      );
      if (!("ok" in answer && answer.ok)) failures.push(`${answer} after ${performance.now() - began} ms`);
      checks++;
      await Bun.sleep(50);
    }
  })();
  return {
    async stop() {
      running = false;
      await watching;
      return { failures, checks };
    },
  };
}

type Footprint = { bytes: number; files: number };

/** Resident memory, and open files but those of the embedded database, where the system tells (Linux). */
function footprint(pid: number): Footprint | undefined {
  if (!existsSync(`/proc/${pid}/status`)) return;
  const [, kilobytes = 0] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  const open = readdirSync(`/proc/${pid}/fd`).map((name) => targetOfLink(`/proc/${pid}/fd/${name}`));
  return { bytes: Number(kilobytes) * 1024, files: open.filter((path) => !path.includes("/pgdata/")).length };
}

/** A file may be closed between being listed and being looked at. */
function targetOfLink(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "/pgdata/";
  }
}
