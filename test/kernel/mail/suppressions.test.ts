import { expect, test } from "bun:test";
import { isSuppressed, suppress, unsuppress } from "#/kernel/mail";
import { openWorld } from "../../support/world";

const world = await openWorld();

world.describe("the list of addresses that get no mail", () => {
  test("knows an address in every spelling of it, and answers with the spelling that was asked", async () => {
    const { db, config } = world.kernel;
    await suppress(db, config, "Visitor@Example.ORG", "bounced");
    await suppress(db, config, "visitor@müller.example", "complained");

    const asked = [
      "visitor@example.org",
      "VISITOR@example.org ",
      "visitor@xn--mller-kva.example",
      "other@example.org",
    ];

    expect(await isSuppressed(db, config, asked)).toEqual(new Set(asked.slice(0, 3)));
    expect(await isSuppressed(db, config, [])).toEqual(new Set());
  });

  test("keeps the first reason, and no address", async () => {
    const { db, config } = world.kernel;
    await suppress(db, config, "visitor@example.org", "bounced");
    await suppress(db, config, "visitor@example.org", "declined");

    const { suppressions = [] } = (await world.traces()).tables;

    expect(suppressions).toMatchObject([{ reason: "bounced" }]);
    expect(JSON.stringify(suppressions)).not.toContain("visitor");
    expect(String(suppressions[0]?.address_hash)).toHaveLength(2 + 64);
  });

  test("is keyed: another installation makes other hashes", async () => {
    const { db, config } = world.kernel;
    await suppress(db, config, "visitor@example.org", "bounced");

    const elsewhere = { rootSecret: new Uint8Array(32).fill(7) };

    expect(await isSuppressed(db, elsewhere, ["visitor@example.org"])).toEqual(new Set());
  });

  test("lets an address go again", async () => {
    const { db, config } = world.kernel;
    await suppress(db, config, "visitor@example.org", "declined");

    expect(await unsuppress(db, config, "Visitor@example.org")).toBe(true);
    expect(await unsuppress(db, config, "visitor@example.org")).toBe(false);
    expect(await isSuppressed(db, config, ["visitor@example.org"])).toEqual(new Set());
  });
});
