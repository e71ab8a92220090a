import { expect, test } from "bun:test";
import { boot } from "#/boot";
import { createLog } from "#/kernel/log";
import { askAs, feedback, masterCode } from "../support/team-forms";
import { until } from "../support/until";
import { openWorld } from "../support/world";

const world = await openWorld({ database: "postgres", env: { DEV_MASTER_OTP: masterCode } });
const filled = { email: "ada@example.com", words: "Hello" };
const body = (fields: object) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(fields),
});

world.describe("two processes on one database", () => {
  test("serve a change of either within two seconds, and keep the version of each message", async () => {
    const other = await boot(world.kernel.config, createLog("error", { write() {} }));
    try {
      await other.ready;
      const post = async (fields: object) =>
        (await other.app.handle(new Request("http://127.0.0.1/f/feedback", body(fields)))).status;
      const dev = await askAs(world, "dev");
      /** Seconds until the other one answers so. */
      const seen = async (fields: object, status: number) => {
        const began = performance.now();
        await until(async () => (await post(fields)) === status, 10);
        return (performance.now() - began) / 1000;
      };
      const before = await post(filled);

      await dev("/forms", "POST", feedback);
      const added = await seen(filled, 200);
      await dev("/forms/feedback", "PATCH", {
        version: 1,
        fields: [{ name: "stars", type: "integer", required: true }],
      });
      const changed = await seen(filled, 400);
      await dev("/forms/feedback", "DELETE");
      const deleted = await seen({ stars: "5" }, 410);

      console.error(
        `seen after ${[added, changed, deleted].map((seconds) => seconds.toFixed(2)).join(", ")} s`,
      );
      expect(before).toBe(404);
      for (const seconds of [added, changed, deleted]) expect(seconds).toBeLessThan(2);
      await world.settled();
      const { submissions = [] } = (await world.traces()).tables;
      expect(new Set(submissions.map(({ form_version }) => form_version))).toEqual(new Set([1, 2]));
    } finally {
      await other.stop(2_000);
    }
  }, 60_000);

  test("a start while the server is away takes no unknown form for one that does not exist", async () => {
    await world.server?.halt("fast");
    const other = await boot(world.kernel.config, createLog("error", { write() {} }));
    try {
      const answer = await other.app.handle(new Request("http://127.0.0.1/f/feedback", body(filled)));
      const page = await other.app.handle(new Request("http://127.0.0.1/f/contact"));

      expect([answer.status, answer.headers.get("retry-after"), page.status]).toEqual([503, "2", 200]);
      await world.server?.start();
      await other.ready;
      const later = await other.app.handle(new Request("http://127.0.0.1/f/feedback", body(filled)));
      expect(later.status).toBe(404);
    } finally {
      await world.server?.start().catch(() => {});
      await other.stop(2_000);
    }
  }, 60_000);
});
