import { expect, test } from "bun:test";
import { contact } from "../support/sample-posts";
import { until } from "../support/until";
import { browser, openWorld } from "../support/world";

const world = await openWorld({
  database: "postgres",
  env: { NOTIFY_EMAIL: "", FORMS_OWNER_ADDRESS: "owner@example.com" },
});

world.describe("while the database is away", () => {
  test("a message is refused within moments, kept on the page, and stored once when sent again", async () => {
    const person = (fields: Record<string, string>) =>
      world.post("/f/contact", fields, { encoding: "urlencoded", headers: browser });
    await world.server?.halt("fast");
    const began = performance.now();

    const answers = await Promise.all([
      world.post("/api/contact", { ...contact, message: "by script" }),
      world.post("/api/v1/contact", { ...contact, message: "by program" }),
      person({ ...contact, message: "by hand" }),
    ]);

    const took = performance.now() - began;
    const page = (await answers[2]?.text()) ?? "";
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(answers.map(({ headers }) => headers.get("retry-after"))).toEqual(["2", "2", "2"]);
    expect(took).toBeLessThan(3000);
    expect(await answers[0]?.text()).toBe(
      '{"error":"Cannot store this message now","code":"unavailable","retry_after":2}',
    );
    expect(page).toContain("by hand</textarea>");
    expect(page).toContain("mailto:owner@example.com");

    const [ready, alive] = [await world.send("/api/v1/readyz"), await world.send("/health")];
    const notReady = (await ready.json()) as { code: string; detail: string };
    expect([ready.status, alive.status, notReady.code]).toEqual([503, 200, "not_ready"]);
    expect(notReady.detail).toContain("database");
    expect(ready.headers.get("retry-after")).toBe("2");
    expect((await world.send("/health/db")).status).toBe(503);

    await world.server?.start();
    const [, ticket = ""] = /name="_id" value="([^"]+)"/.exec(page) ?? [];
    const again = { ...contact, message: "by hand", _id: ticket };
    await until(async () => (await person(again)).status === 303, 10);
    expect((await person(again)).status).toBe(303);
    await until(async () => (await world.send("/api/v1/readyz")).status === 200, 10);
    const rows = (await world.traces()).tables.submissions ?? [];
    const texts = rows.map(({ fields }) => (fields as { message: string }).message);
    expect(texts.filter((text) => text === "by hand")).toHaveLength(1);
    expect(rows.map(({ id }) => id)).toContain(ticket.slice(0, 36));
  }, 40_000);
});
