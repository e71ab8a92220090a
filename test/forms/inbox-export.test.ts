import { beforeEach, expect, test } from "bun:test";
import Papa from "papaparse";
import { idOfMinutesAgo, insertMessages } from "../support/stored-messages";
import { joinTeam, type Member } from "../support/team";
import { openWorld } from "../support/world";

const world = await openWorld();

const hostile = ["=1+1", "+cmd", "-2", "@SUM(A1)", "\tx", "＝1", 'a "quote", and\na line', "plain"];
let team: Member;
beforeEach(async () => {
  team = await joinTeam(world);
  await insertMessages(
    world.kernel,
    Array.from({ length: 2_400 }, (_, at) => ({
      id: idOfMinutesAgo(2_400 - at),
      fields: { name: `n${at}`, email: "a@example.com", message: hostile[at % hostile.length] ?? "" },
    })),
  );
});

world.describe("an export", () => {
  test("has no cell that a spreadsheet runs, and loses nothing", async () => {
    const answer = await team.call("/submissions/export?form=contact&format=csv");

    const { data } = Papa.parse<Record<string, string>>(await answer.text(), {
      header: true,
      skipEmptyLines: true,
    });
    for (const row of data) for (const cell of Object.values(row)) expect(cell).not.toMatch(/^[=+\-@\t\r＝]/);
    expect(data.map(({ message = "" }) => message.replace(/^'/, ""))).toEqual(
      Array.from({ length: 2_400 }, (_, at) => hostile[at % hostile.length] ?? ""),
    );
  });

  test("that breaks off ends the connection instead of looking whole", async () => {
    const answer = await team.call("/submissions/export?form=contact&format=ndjson");
    const reader = answer.body?.getReader();
    await reader?.read();
    const rename = (from: string, to: string) =>
      world.kernel.database.executeSql(`alter table gatehouse.${from} rename to ${to}`);
    await rename("submissions", "submissions_gone");
    try {
      const readOn = async () => {
        while (!(await reader?.read())?.done);
      };
      await expect(readOn()).rejects.toThrow();
    } finally {
      await rename("submissions_gone", "submissions");
    }
  });
});
