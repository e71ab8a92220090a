import { expect, test } from "bun:test";
import { Elysia, t } from "elysia";
import { appOptions, compileRoutes } from "#/kernel/http";

test("finds a route that cannot be compiled", async () => {
  const broken = t.Object({ id: { ...t.String(), pattern: "(" } as ReturnType<typeof t.String> });
  const app = new Elysia(appOptions).get("/:id", async () => "", { params: broken });

  await expect(compileRoutes(app)).rejects.toThrow();
});
