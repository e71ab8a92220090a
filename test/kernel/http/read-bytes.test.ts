import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readBytes } from "#/kernel/http";
import { heldBytes } from "#/kernel/http/body-budget";
import { ask, sampleApp } from "./sample-app";

/** A body that sends its first chunk and then waits to be let go. */
function stalling(first: Uint8Array, rest: Promise<void>) {
  return new ReadableStream({
    start: (controller) => controller.enqueue(first),
    async pull(controller) {
      await rest;
      controller.close();
    },
  });
}

test("a body is read whole in whatever pieces it comes", async () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(pieces, async (chunks) => {
      const body = new ReadableStream({
        start(controller) {
          for (const chunk of chunks) controller.enqueue(chunk);
          controller.close();
        },
      });

      const read = await readBytes(new Request("http://localhost/", { method: "POST", body }), 1000);

      expect(Buffer.compare(read, Buffer.concat(chunks))).toBe(0);
    }),
  );
});

test("no body is no bytes", async () => {
  expect(await readBytes(new Request("http://localhost/", { method: "POST" }), 10)).toHaveLength(0);
});

describe("the memory for bodies", () => {
  test("refuses with 503 what no longer fits, and is whole again afterwards", async () => {
    const app = sampleApp();
    const before = heldBytes();
    const go = Promise.withResolvers<void>();
    const large = new Uint8Array(35_000_000);
    const first = ask(app, "/f/x/files", { method: "POST", body: stalling(large, go.promise) });
    for (let turns = 0; heldBytes() < before + large.length && turns < 1000; turns++) await Bun.sleep(1);

    const second = await ask(app, "/f/x/files", {
      method: "POST",
      body: stalling(large.slice(), go.promise),
    });
    const small = await ask(app, "/f/x", { method: "POST", body: "a=b" });
    go.resolve();

    expect(second.status).toBe(503);
    expect(second.headers.get("retry-after")).toBe("2");
    expect(small.status).toBe(200);
    expect(await (await first).json()).toEqual({ bytes: large.length });
    expect(heldBytes()).toBe(before);
  });

  test("counts what arrived, not what was promised", async () => {
    const app = sampleApp();
    const before = heldBytes();
    const go = Promise.withResolvers<void>();
    const promised = Array.from({ length: 8 }, () =>
      ask(app, "/f/x/files", {
        method: "POST",
        body: stalling(new Uint8Array(1), go.promise),
        headers: { "content-length": "30000000" },
      }),
    );

    const honest = await ask(app, "/f/x", { method: "POST", body: "a=b" });
    go.resolve();

    expect(honest.status).toBe(200);
    await Promise.all(promised);
    expect(heldBytes()).toBe(before);
  });
});

test("a body that takes longer than its time is 408, and what still arrives is held by nobody", async () => {
  const app = sampleApp();
  const before = heldBytes();
  const [go, taken] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let pulls = 0;
  const body = new ReadableStream(
    {
      async pull(controller) {
        if (++pulls > 1) await go.promise;
        if (pulls < 3) controller.enqueue(new Uint8Array(9));
        else taken.resolve();
      },
      cancel: () => taken.resolve(),
    },
    { highWaterMark: 0 },
  );

  const answer = await ask(app, "/f/x/hurry", { method: "POST", body });
  go.resolve();
  await Promise.race([taken.promise, Bun.sleep(100)]);

  expect(answer.status).toBe(408);
  expect(await answer.json()).toMatchObject({ code: "too_slow" });
  expect(heldBytes()).toBe(before);
});
