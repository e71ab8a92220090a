import { beforeEach, expect, test } from "bun:test";
import Papa from "papaparse";
import { streamPieces } from "#/modules/forms/inbox/stream-pieces";
import { idOfMinutesAgo, insertMessages } from "../support/stored-messages";
import { joinTeam, type Member } from "../support/team";
import { openWorld } from "../support/world";

const world = await openWorld();

const formulas = ["=1+1", "+cmd", "-2", "@SUM(A1)", "\tx", "\rx", "＝1", "＋1", "－1", "＠SUM(A1)"];
const hostile = [...formulas, 'a "quote", and\na line', "'=already", "plain"];
const isFormula = /^[=+\-@\t\r＝＋－＠]/;
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

const read = async (query: string) => (await team.call(`/submissions/export?form=contact${query}`)).text();
const linesOf = (ndjson: string): { id: string; fields: Record<string, string> }[] =>
  ndjson.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));

world.describe("an export", () => {
  test("has no cell that a spreadsheet runs, and but for the guard it is what NDJSON holds", async () => {
    const [csv, ndjson] = await Promise.all([read("&format=csv"), read("&format=ndjson")]);

    const { data } = Papa.parse<Record<string, string>>(csv, { header: true, skipEmptyLines: true });
    expect(data).toHaveLength(2_400);
    for (const row of data) for (const cell of Object.values(row)) expect(cell).not.toMatch(isFormula);
    const stored = linesOf(ndjson);
    expect(stored.map(({ fields }) => fields.message)).toEqual(
      Array.from({ length: 2_400 }, (_, at) => hostile[at % hostile.length] ?? ""),
    );
    const guarded = (text = "") => (isFormula.test(text) ? `'${text}` : text);
    expect(data.map(({ id, name, message }) => [id, name, message])).toEqual(
      stored.map(({ id, fields }) => [id, fields.name, guarded(fields.message)]),
    );
  });

  test("holds what its filters name, never the service's own messages, and spam on request", async () => {
    const more = { email: "bob@example.com", name: "Bob" };
    await insertMessages(world.kernel, [
      { id: idOfMinutesAgo(9_000), fields: { ...more, message: "the very first" }, handling: "replied" },
      { id: idOfMinutesAgo(8_000), fields: { ...more, message: "buy" }, state: "spam" },
      {
        id: idOfMinutesAgo(7_000),
        fields: { ...more, message: "held" },
        state: "held",
        emailNormalised: "bob@example.com",
      },
      { id: idOfMinutesAgo(6_000), fields: { ...more, message: "canary" }, kind: "canary" },
      { id: idOfMinutesAgo(5_000), fields: { ...more, message: "test" }, kind: "test" },
    ]);
    const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
    const messagesOf = async (query: string) =>
      linesOf(await read(`&format=ndjson&${query}`)).map(({ fields }) => fields.message);
    const old = `until=${minutesAgo(4_000)}`;

    expect(await messagesOf(old)).toEqual(["the very first", "held"]);
    expect(await messagesOf(`${old}&include=spam`)).toEqual(["the very first", "buy", "held"]);
    expect(await messagesOf(`${old}&since=${minutesAgo(8_500)}`)).toEqual(["held"]);
    expect(await messagesOf("state=spam")).toEqual(["buy"]);
    expect(await messagesOf("state=held")).toEqual(["held"]);
    expect(await messagesOf("handling=replied")).toEqual(["the very first"]);
    expect(await messagesOf("email=BOB@example.com")).toEqual(["held"]);
    expect(await messagesOf("q=FIRST%20very")).toEqual(["the very first"]);
    expect(await messagesOf("since=2200-01-01")).toEqual([]);
    expect((await team.call("/submissions/export?form=contact&since=2026-02-30")).status).toBe(422);
  });

  test("begins with a byte order mark where it is asked for, and only in CSV", async () => {
    const bytes = async (query: string) =>
      new Uint8Array(
        await (await team.call(`/submissions/export?form=contact&state=held${query}`)).arrayBuffer(),
      );

    expect([...(await bytes("&bom=true")).slice(0, 5)]).toEqual([0xef, 0xbb, 0xbf, 0x69, 0x64]);
    expect((await bytes("")).slice(0, 2)).toEqual(new TextEncoder().encode("id"));
    expect(new TextDecoder().decode(await bytes("&bom=true&format=json"))).toBe("[\n]\n");
  });

  test("ends where nobody reads it any more, also among pieces that are empty", async () => {
    let given = 0;
    let ended = false;
    async function* pieces() {
      try {
        for (;;) {
          await Bun.sleep(1);
          yield given++ === 0 ? "first" : "";
        }
      } finally {
        ended = true;
      }
    }
    const reader = streamPieces(pieces()).getReader();
    await reader.read();

    await reader.cancel();

    expect(ended).toBe(true);
    expect(given).toBeLessThan(100);
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
