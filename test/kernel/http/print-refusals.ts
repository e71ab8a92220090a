// Run by a test in a process of its own: Elysia fixes its mode when it is loaded.
import { ask, sampleApp, secret, sendJson } from "./sample-app";

const print = (...parts: unknown[]) => void process.stdout.write(`${parts.join(" ")}\n`);

const app = sampleApp({
  log(level, event, fields) {
    const { requestId, ms, ...rest } = fields ?? {};
    print(level, event, JSON.stringify(rest));
  },
});

const requests: [string, RequestInit?][] = [
  ["/api/thrown"],
  ["/api/unavailable"],
  ["/api/v1/guarded"],
  ["/api/v1/broken-response"],
  ["/api/v1/broken-header"],
  [`/v1/users/${secret}`],
  [`/${secret}?${secret}`],
  ["/api/things", sendJson(JSON.stringify({ name: 7, age: secret }))],
  ["/v1/things", sendJson(JSON.stringify({ name: secret.repeat(9) }))],
  ["/api/v1/things", sendJson(JSON.stringify({ name: `${secret}\0`, [`${secret} `]: "\ud800" }))],
  ["/api/v1/things", sendJson(`{"name":"${secret}"`)],
  ["/api/v1/things", sendJson(secret, `application/${secret}`)],
  ["/f/x", { method: "POST", body: secret.repeat(100) }],
];
for (const [path, init] of requests) {
  const answer = await ask(app, path, init);
  const text = (await answer.text()).replace(answer.headers.get("x-request-id") ?? "-", "<id>");
  const headers = [...answer.headers].filter(([name]) => name !== "x-request-id");
  print(answer.status, text, JSON.stringify(headers));
}
