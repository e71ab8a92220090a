import { expect, test } from "bun:test";
import { join } from "node:path";
import { embeddedPlace } from "../support/databases";
import { startExecutable } from "../support/executable";

test("the executable in production tells its figures over the private socket alone until a token is set", async () => {
  using place = embeddedPlace();
  const env = { ...place.env, ENV: "production", SECRET_KEY: "Vw7xqk2nQ0c4m1hTzR8eYbL5sJ9pAfUd" };
  const running = await startExecutable(env);

  const open = await fetch(`${running.url}/metrics`);
  const unix = join(place.env.DATA_DIR ?? "", "control.sock");
  const socket = await fetch("http://localhost/metrics", { unix });

  expect([open.status, await open.json()]).toMatchObject([403, { code: "metrics_closed" }]);
  expect([socket.status, await socket.text()]).toEqual([
    200,
    expect.stringMatching(/^gatehouse_build_info\{version="[^"]+",commit="\w+",database="embedded"\} 1$/m),
  ]);
  await running.kill();
}, 40_000);
