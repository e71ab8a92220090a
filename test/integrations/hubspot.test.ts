import { beforeEach, describe, expect, test } from "bun:test";
import { connectHubspot, type HubspotOptions } from "#/integrations/hubspot";
import type { CrmDeal } from "#/kernel/crm";
import { type Answerer, type VendorApi, vendorApi, vendorSpec } from "../support/vendor-api";

const spec = vendorSpec("hubspot-crm.openapi.json");
const apiKey = "pat-planted-key";
const key = "0199f3c2-0000-7000-8000-000000000001";
const at = "2026-11-21T09:30:00.000Z";
const contact = {
  email: "Ada@Example.org",
  properties: { firstname: "Ada King Lovelace", company: "Engines" },
};
const fresh = { key, mayExist: false };
const again = { key, mayExist: true };

let api: VendorApi;
let now = Date.parse(at);
let log: unknown[] = [];
const connect = (options: Partial<HubspotOptions> = {}) =>
  connectHubspot({
    http: api.http,
    log: (...line) => void log.push(line),
    apiKey,
    baseUrl: "https://api.hubapi.com",
    version: "2026-09",
    timeZone: "America/New_York",
    pipeline: "default",
    stages: { demo: "appointmentscheduled", quote: "qualifiedtobuy" },
    now: () => new Date(now),
    sleep: async (ms) => {
      now += ms;
    },
    ...options,
  });
const made = (id: string, properties = {}) => ({
  id,
  properties,
  createdAt: at,
  updatedAt: at,
  archived: false,
});
const upserted = {
  status: "COMPLETE",
  startedAt: at,
  completedAt: at,
  results: [{ ...made("101"), new: true }],
};
const error = (category: string, more: object = {}) => ({
  status: "error",
  message: `Refused, ${apiKey}`,
  correlationId: "aeb5f871-7f07-4993-9211-075dc63e7cbf",
  category,
  ...more,
});
const unknownProperty = error("VALIDATION_ERROR", {
  errors: [{ message: 'Property "plan" does not exist', code: "PROPERTY_DOESNT_EXIST" }],
});
/** Answers by operation; each list is answered one after the other, its last for good. */
const script = (replies: Record<string, ReturnType<Answerer> | ReturnType<Answerer>[]>) => {
  const left = Object.fromEntries(Object.entries(replies).map(([name, one]) => [name, [one].flat()]));
  api.answer((operationId) => {
    const queue = left[operationId.replace("_dated", "")] ?? [];
    return (queue.length > 1 ? queue.shift() : queue[0]) ?? { status: 501, json: {} };
  });
};
const asked = () => api.calls.map(({ operationId }) => operationId.replace("_dated", ""));

describe.skipIf(!spec)("HubSpot, held to its description", () => {
  beforeEach(async () => {
    api = await vendorApi(spec ?? {}, { scheme: "bearer", authorization: `Bearer ${apiKey}` });
    now = Date.parse(at);
    log = [];
  });

  describe("a contact", () => {
    test("is written by its address in lower case, the name in its parts", async () => {
      script({ Contact_BatchApi_upsert: { status: 200, json: upserted } });

      const result = await connect().upsertContact(contact);

      expect(result).toEqual({ kind: "ok", value: { contactId: "101" } });
      expect(api.faults).toEqual([]);
      const properties = {
        firstname: "Ada King",
        lastname: "Lovelace",
        company: "Engines",
        email: "ada@example.org",
      };
      expect(api.calls.map(({ body }) => body)).toEqual([
        { inputs: [{ idProperty: "email", id: "ada@example.org", properties }] },
      ]);
      expect(api.calls[0]?.call.url).toBe("https://api.hubapi.com/crm/objects/2026-09/contacts/batch/upsert");
    });

    test.each([
      ["400", { status: 400, json: error("VALIDATION_ERROR") }],
      [
        "207 with nothing but errors",
        {
          status: 207,
          json: {
            ...upserted,
            results: [],
            numErrors: 1,
            errors: [{ ...error("VALIDATION_ERROR"), context: {}, links: {}, errors: [] }],
          },
        },
      ],
    ])("is created where upsert is refused with %s, and changed where it exists", async (_, refusal) => {
      script({
        Contact_BatchApi_upsert: refusal,
        Contact_BasicApi_create: { status: 409, json: error("CONFLICT") },
        Contact_BasicApi_update: { status: 200, json: made("102") },
      });

      const result = await connect().upsertContact(contact);

      expect(result).toEqual({ kind: "ok", value: { contactId: "102" } });
      expect(api.faults).toEqual([]);
      expect(asked()).toEqual([
        "Contact_BatchApi_upsert",
        "Contact_BasicApi_create",
        "Contact_BasicApi_update",
      ]);
      expect(api.calls[2]?.call.url).toEndWith("/contacts/ada%40example.org?idProperty=email");
    });

    test("that the account's own rule refuses stays refused, with their words", async () => {
      script({
        Contact_BatchApi_upsert: { status: 400, json: error("VALIDATION_ERROR") },
        Contact_BasicApi_create: { status: 400, json: error("VALIDATION_ERROR") },
      });

      const result = await connect().upsertContact(contact);

      expect(result).toMatchObject({ kind: "refused", why: { status: 400 } });
      expect(JSON.stringify(result)).toContain("Refused, ***");
    });

    test("is written partly and read: 207 with a result is a success", async () => {
      script({ Contact_BatchApi_upsert: { status: 207, json: { ...upserted, numErrors: 0, errors: [] } } });

      expect(await connect().upsertContact(contact)).toMatchObject({ kind: "ok" });
    });

    test("is tried later where 207 tells of their own trouble", async () => {
      const errors = [{ ...error("INTERNAL_ERROR"), context: {}, links: {}, errors: [] }];
      script({ Contact_BatchApi_upsert: { status: 207, json: { ...upserted, results: [], errors } } });

      expect(await connect().upsertContact(contact)).toMatchObject({ kind: "retry" });
      expect(asked()).toHaveLength(1);
    });

    test("goes without a property that the account lacks, once, and the log says so", async () => {
      script({
        Contact_BatchApi_upsert: [
          { status: 400, json: unknownProperty },
          { status: 200, json: upserted },
        ],
      });
      const crm = connect({ properties: { message: "plan" } });

      const result = await crm.upsertContact({
        ...contact,
        properties: { company: "Engines", plan: "gold" },
      });

      expect(crm.propertyOf("message")).toBe("plan");
      expect(result).toMatchObject({ kind: "ok" });
      const written = api.calls.map(
        ({ body }) => (body as { inputs: { properties: object }[] }).inputs[0]?.properties,
      );
      expect(written).toEqual([
        { company: "Engines", plan: "gold", email: "ada@example.org" },
        { company: "Engines", email: "ada@example.org" },
      ]);
      expect(log).toEqual([
        ["warn", "hubspot.property_unknown", { setting: "HUBSPOT_PROPERTIES", unknown: ["plan"] }],
      ]);
    });

    test("is not sent over and over where even the usual properties are unknown", async () => {
      script({ Contact_BatchApi_upsert: { status: 400, json: unknownProperty } });

      const result = await connect().upsertContact(contact);

      expect(result).toMatchObject({ kind: "refused", why: { code: "unknown_property" } });
      expect(asked()).toHaveLength(1);
    });
  });

  const deal: CrmDeal = { kind: "demo", name: "Demo: Engines" };
  test("a note and a deal are written beside the contact, with the mark of the delivery", async () => {
    script({
      Note_BasicApi_create: { status: 201, json: made("201") },
      Deal_BasicApi_create: { status: 201, json: made("301") },
    });
    const crm = connect();

    expect(await crm.addNote("101", "<p>Hello</p>", fresh)).toEqual({ kind: "ok", value: { noteId: "201" } });
    expect(await crm.addDeal("101", deal, fresh)).toEqual({ kind: "ok", value: { dealId: "301" } });

    expect(api.faults).toEqual([]);
    const types = (associationTypeId: number) => [
      { to: { id: "101" }, types: [{ associationCategory: "HUBSPOT_DEFINED", associationTypeId }] },
    ];
    expect(api.calls.map(({ body }) => body)).toEqual([
      {
        properties: { hs_timestamp: at, hs_note_body: `<p>Hello</p><p>gatehouse:${key}</p>` },
        associations: types(202),
      },
      {
        properties: {
          dealname: "Demo: Engines",
          pipeline: "default",
          dealstage: "appointmentscheduled",
          description: `gatehouse:${key}`,
        },
        associations: types(3),
      },
    ]);
  });

  test.each([
    ["an answer that is lost", { kind: "failed", code: "timeout", written: true } as const],
    ["an answer that is no JSON", { status: 201, headers: { "content-type": "text/html" } }],
    ["an answer without an id", { status: 201, json: { surprise: true } }],
  ])("%s is waited out, and the note is looked for before it is written again", async (_, lost) => {
    script({
      Note_BasicApi_create: lost,
      Note_SearchApi_doSearch: {
        status: 200,
        json: {
          total: 2,
          results: [
            made("200", { hs_note_body: "<p>gatehouse:another</p>" }),
            made("201", { hs_note_body: `<p>Hello</p><p>gatehouse:${key}</p>` }),
          ],
        },
      },
    });
    const crm = connect();

    const first = await crm.addNote("101", "<p>Hello</p>", fresh);
    const second = await crm.addNote("101", "<p>Hello</p>", again);

    expect(first).toMatchObject({ kind: "retry", after: 30_000 });
    expect(second).toEqual({ kind: "ok", value: { noteId: "201" } });
    expect(api.faults).toEqual([]);
    expect(asked()).toEqual(["Note_BasicApi_create", "Note_SearchApi_doSearch"]);
  });

  test("a deal that is not found is written, and one that cannot be looked for is not", async () => {
    script({
      Deal_SearchApi_doSearch: [
        { status: 200, json: { total: 0, results: [] } },
        { status: 500, json: error("INTERNAL_ERROR") },
      ],
      Deal_BasicApi_create: { status: 201, json: made("301") },
    });
    const crm = connect();

    expect(await crm.addDeal("101", deal, again)).toMatchObject({ kind: "ok" });
    expect(await crm.addDeal("101", deal, again)).toMatchObject({ kind: "retry" });

    expect(api.faults).toEqual([]);
    expect(asked().filter((name) => name === "Deal_BasicApi_create")).toHaveLength(1);
  });

  test("without a pipeline, or without a stage of the kind, there are no deals", async () => {
    const takes = (options: Partial<HubspotOptions>) =>
      (["demo", "quote"] as const).map((kind) => connect(options).takesDeal(kind));

    expect(takes({})).toEqual([true, true]);
    expect(takes({ pipeline: undefined })).toEqual([false, false]);
    expect(takes({ stages: { demo: undefined, quote: "x" } })).toEqual([false, true]);
    expect(await connect({ pipeline: undefined }).addDeal("101", deal, fresh)).toMatchObject({
      kind: "refused",
    });
    expect(api.calls).toEqual([]);
  });

  describe("a limit", () => {
    test("of ten seconds is waited out", async () => {
      const json = error("RATE_LIMITS", { policyName: "TEN_SECONDLY_ROLLING" });
      script({
        Contact_BatchApi_upsert: [
          { status: 429, json },
          { status: 200, json: upserted },
        ],
      });
      const crm = connect();

      expect(await crm.upsertContact(contact)).toMatchObject({ kind: "retry", after: 10_000 });
      expect(await crm.upsertContact(contact)).toMatchObject({ kind: "ok" });
    });

    test("of the day parks everything until midnight of the account, without a call", async () => {
      const json = error("RATE_LIMITS", { policyName: "DAILY" });
      script({
        Contact_BatchApi_upsert: [
          { status: 429, json },
          { status: 200, json: upserted },
        ],
      });
      const crm = connect();
      const parked = {
        kind: "parked",
        why: { code: "daily_limit", status: 429 },
        until: new Date("2026-11-22T05:00:00.000Z"),
      };

      expect(await crm.upsertContact(contact)).toMatchObject(parked);
      expect(await crm.addNote("101", "", fresh)).toMatchObject(parked);
      now = Date.parse("2026-11-22T04:59:59.000Z");
      expect(await crm.upsertContact(contact)).toMatchObject(parked);
      expect(api.calls).toHaveLength(1);

      now = Date.parse("2026-11-22T05:00:00.000Z");
      expect(await crm.upsertContact(contact)).toMatchObject({ kind: "ok" });
    });

    test("of our own is eight calls a second", async () => {
      script({ Contact_BatchApi_upsert: { status: 200, json: upserted } });
      const crm = connect();

      for (let i = 0; i < 17; i++) await crm.upsertContact(contact);

      expect(now - Date.parse(at)).toBe(2_000);
    });
  });

  test("a key that is refused parks every call for a quarter of an hour; a right that is missing only its own", async () => {
    script({
      Note_BasicApi_create: { status: 403, json: error("MISSING_SCOPES") },
      Contact_BatchApi_upsert: { status: 401, json: error("INVALID_AUTHENTICATION") },
    });
    const crm = connect();

    expect(await crm.addNote("101", "", fresh)).toMatchObject({
      kind: "parked",
      why: { code: "credentials" },
    });
    expect(await crm.upsertContact(contact)).toMatchObject({
      kind: "parked",
      why: { code: "credentials", status: 401 },
      until: new Date(now + 15 * 60_000),
    });
    expect(await crm.probe()).toMatchObject({ kind: "parked" });
    expect(asked()).toEqual(["Note_BasicApi_create", "Contact_BatchApi_upsert"]);
  });

  test.each([
    [400, "refused"],
    [404, "refused"],
    [409, "refused"],
    [423, "refused"],
    [429, "retry"],
    [500, "retry"],
    [502, "retry"],
    [504, "retry"],
  ])("%d to a note is %s, without our key", async (status, kind) => {
    script({ Note_BasicApi_create: { status, json: error("ANY") } });

    const result = await connect().addNote("101", "", fresh);

    expect(result.kind).toBe(kind as typeof result.kind);
    expect(JSON.stringify(result)).not.toContain("planted");
  });

  test("a probe reads one contact", async () => {
    script({ Contact_BasicApi_getPage: { status: 200, json: { results: [] } } });

    expect(await connect().probe()).toMatchObject({ kind: "ok" });
    expect(api.faults).toEqual(api.calls.length === 1 ? [] : ["not reached"]);
  });
});
