import { describe, expect, test } from "bun:test";
import { embeddedPlace, kindsUnderTest } from "../support/databases";
import { spawnExecutable, startExecutable } from "../support/executable";

const allowing = (limit: string) => ({ wrap: ["sh", "-c", `ulimit ${limit}; exec "$@"`, "sh"] });

describe.each(kindsUnderTest("embedded"))("a process that may open few files, %s", () => {
  test("is refused its start with code 74 and told what to set, and has harmed nothing", async () => {
    using place = embeddedPlace();

    const refused = await spawnExecutable(place.env, allowing("-n 128"));
    const code = await refused.exited;

    expect({ code, said: refused.output() }).toEqual({
      code: 74,
      said: expect.stringMatching(
        /^gatehouse: Cannot open the database in \S+: this process may open only 128 files; allow at least 1024 \(LimitNOFILE=/m,
      ),
    });
    expect(await (await startExecutable(place.env)).kill()).toBe(0);
  }, 30_000);

  test("starts where the limit is one that it may raise itself", async () => {
    using place = embeddedPlace();

    const running = await startExecutable(place.env, allowing("-S -n 128"));

    expect(await running.kill()).toBe(0);
  }, 30_000);
});
