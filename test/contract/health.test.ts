import { expect, test } from "bun:test";
import { version } from "#/kernel/version";
import { openWorld } from "../support/world";

const world = await openWorld();

world.describe("health", () => {
  test("/health is the documented body and the version, whoever asks", async () => {
    const answers = [
      await world.send("/health"),
      await world.send("/health", { headers: { accept: "text/html" } }),
    ];

    for (const answer of answers) {
      expect([answer.status, await answer.text()]).toEqual([200, `{"status":"ok","version":"${version}"}`]);
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(answer.headers.get("content-type")).toStartWith("application/json");
    }
  });

  test("/api/v1/healthz says since when the process lives", async () => {
    const answer = await world.send("/api/v1/healthz");

    expect(await answer.json()).toEqual({
      status: "ok",
      version,
      started_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      uptime_s: expect.any(Number),
    });
  });

  test("/api/v1/readyz names every check", async () => {
    const answer = await world.send("/api/v1/readyz");

    const check = (detail: unknown) => ({ ok: true, detail, ms: expect.any(Number) });
    expect([answer.status, await answer.json()]).toEqual([
      200,
      {
        status: "ready",
        version,
        phase: "serving",
        checks: {
          database: check("answers"),
          migrations: check(expect.stringMatching(/^\d+ applied, 0 pending$/)),
          disk: check("room"),
          jobs: check("working"),
        },
      },
    ]);
  });

  test("/health/db says which database answers", async () => {
    const answer = await world.send("/health/db");

    expect(await answer.json()).toEqual({
      status: "ok",
      latency_ms: expect.any(Number),
      engine: world.kernel.database.kind,
      migrations: { applied: expect.any(Number), pending: 0 },
    });
  });

  test.each(["/health", "/api/v1/healthz", "/api/v1/readyz", "/health/db"])(
    "%s takes GET and HEAD alone, each in its voice",
    async (path) => {
      const [head, post] = [
        await world.send(path, { method: "HEAD" }),
        await world.send(path, { method: "POST" }),
      ];

      expect([head.status, await head.text()]).toEqual([200, ""]);
      expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
      expect(await post.json()).toMatchObject(
        path === "/health" ? { error: "This address does not take the method" } : { status: 405 },
      );
    },
  );
});
