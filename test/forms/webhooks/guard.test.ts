import { afterAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { webhookEndpoints } from "#/modules/forms/delivery/tables";
import { webhookSecrets } from "#/modules/forms/delivery/webhooks/secrets";
import { contact } from "../../support/sample-posts";
import { localClient, startReceiver } from "../../support/webhook-receiver";
import { openWorld } from "../../support/world";

setDefaultTimeout(30_000);
const receiver = startReceiver();
const world = await openWorld();
afterAll(() => receiver.stop());
beforeEach(receiver.reset);

/** As if it had come past the check of the route: the guard stands alone. */
async function insertEndpoint(url: string) {
  const id = Bun.randomUUIDv7();
  const { stored } = webhookSecrets(world.kernel.config).issue(id, [], new Date());
  await world.kernel.db
    .insert(webhookEndpoints)
    .values({ id, url, events: ["submission.received"], secrets: stored });
}
const send = async () => {
  expect((await world.post("/f/contact", contact)).status).toBe(200);
  await world.settled();
  const { deliveries = [] } = (await world.traces()).tables;
  return deliveries.filter(({ channel }) => channel === "webhook");
};

world.describe("a webhook into this machine", () => {
  test("would be reached without the guard, so that the tests below mean something", async () => {
    world.kernel.http = localClient(world.kernel, { isPublic: () => true });
    await insertEndpoint(receiver.url);

    expect(await send()).toMatchObject([{ state: "delivered" }]);
    expect(receiver.received).toHaveLength(1);
  });

  const addresses = (port: number) => [
    `https://127.0.0.1:${port}/`,
    `https://localhost:${port}/`,
    `https://2130706433:${port}/`,
    `https://[::1]:${port}/`,
    `https://[::ffff:127.0.0.1]:${port}/`,
    `https://0.0.0.0:${port}/`,
    `http://hooks.example.com:${port}/`,
    "https://169.254.169.254/latest/meta-data/",
    "https://10.0.0.1/",
    "https://[fd00::1]/",
  ];
  test.each(addresses(receiver.port))("%s is not called", async (url) => {
    world.kernel.http = localClient(world.kernel);
    await insertEndpoint(url);

    expect(await send()).toMatchObject([{ state: "dead", attempts: 1, last_error: "address" }]);
    expect(receiver.received).toEqual([]);
  });

  const answers: [title: string, answers: string[][]][] = [
    ["loopback", [["127.0.0.1"]]],
    ["a public and a private address", [["93.184.216.34", "127.0.0.1"]]],
    ["loopback as IPv6", [["::ffff:127.0.0.1"]]],
    ["the address of metadata", [["169.254.169.254"]]],
  ];
  test.each(answers)("under a name that leads to %s is not called", async (_, [addresses = []]) => {
    const resolve = async () => addresses;
    world.kernel.http = localClient(world.kernel, { resolve });
    await insertEndpoint(receiver.url);

    expect(await send()).toMatchObject([{ state: "dead", last_error: "address" }]);
    expect(receiver.received).toEqual([]);
  });

  test("under a name that leads elsewhere when it is asked a second time is not called", async () => {
    const answers = [["127.0.0.2"], ["127.0.0.1"]];
    const asked: string[] = [];
    world.kernel.http = localClient(world.kernel, {
      // Nobody listens at the one that is let through.
      isPublic: (address) => address === "127.0.0.2",
      async resolve(name) {
        asked.push(name);
        return answers[asked.length - 1] ?? ["127.0.0.1"];
      },
    });
    await insertEndpoint(receiver.url);

    expect(await send()).toMatchObject([{ state: "retrying", last_error: "connection" }]);
    expect(asked).toEqual(["hooks.example.com"]);
    expect(receiver.received).toEqual([]);
  });

  test("by a redirect is not reached", async () => {
    world.kernel.http = localClient(world.kernel, { isPublic: () => true });
    const inward = `https://inside.example.com:${receiver.port}/inside`;
    receiver.answer(() => Response.redirect(inward, 307));
    await insertEndpoint(receiver.url);

    expect(await send()).toMatchObject([{ state: "dead", last_error: "redirected" }]);
    expect(receiver.received.map(({ path }) => path)).toEqual(["/in"]);
  });
});
