import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { CallResult } from "#/kernel/call-result";
import type { Crm, CrmDeal } from "#/kernel/crm";
import { badAnswer } from "#/kernel/http-client";
import type { Log } from "#/kernel/log";
import { type CallHubspot, type HubspotAccess, type HubspotAnswer, hubspotCaller } from "./hubspot-call";
import { upsertContact } from "./hubspot-contact";
import { propertyReader } from "./hubspot-properties";

/** Numbers that HubSpot gives its own associations (API reference, "Association type IDs"). */
const noteToContact = 202;
const dealToContact = 3;
/** What is written shows up in a search only some seconds later. */
const searchLagMs = 30_000;

const Written = Type.Object({ id: Type.String() });
const Found = Type.Object({
  results: Type.Array(
    Type.Object({
      id: Type.String(),
      properties: Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()])),
    }),
  ),
});

export type HubspotOptions = HubspotAccess & {
  log: Log;
  pipeline?: string | undefined;
  stages: Readonly<Record<CrmDeal["kind"], string | undefined>>;
  /** Contact property by field, beside the usual ones. */
  properties?: Readonly<Record<string, string>> | undefined;
};

/** What is written with a mark: where, in which property the mark stands, and what else. */
type Marked = {
  operation: "add_note" | "add_deal";
  type: "notes" | "deals";
  markedBy: "hs_note_body" | "description";
  properties: Readonly<Record<string, string>>;
  association: number;
};

/** Contacts, notes and deals at HubSpot (paths of `HUBSPOT_API_VERSION`). */
export function connectHubspot(options: HubspotOptions): Crm {
  const { log, pipeline, stages, apiKey, now = () => new Date() } = options;
  const call = hubspotCaller(options);
  const secrets = [apiKey];
  return {
    available: true,
    name: "hubspot",
    upsertContact: (contact) => upsertContact({ call, log, secrets }, contact),
    propertyOf: propertyReader(options.properties),
    takesDeal: (kind) => Boolean(pipeline && stages[kind]),
    async addNote(contactId, html, mark) {
      const properties = {
        hs_timestamp: now().toISOString(),
        hs_note_body: `${html}<p>${markOf(mark.key)}</p>`,
      };
      const note: Marked = {
        operation: "add_note",
        type: "notes",
        markedBy: "hs_note_body",
        properties,
        association: noteToContact,
      };
      const written = await writeOnce({ call, secrets }, contactId, note, mark);
      return written.kind === "ok" ? { ...written, value: { noteId: written.value } } : written;
    },
    async addDeal(contactId, { kind, name }, mark) {
      const dealstage = stages[kind];
      if (!pipeline || !dealstage)
        return { kind: "refused", why: { code: "not_configured", text: "No pipeline or no stage is set" } };
      const properties = { dealname: name, pipeline, dealstage, description: markOf(mark.key) };
      const deal: Marked = {
        operation: "add_deal",
        type: "deals",
        markedBy: "description",
        properties,
        association: dealToContact,
      };
      const written = await writeOnce({ call, secrets }, contactId, deal, mark);
      return written.kind === "ok" ? { ...written, value: { dealId: written.value } } : written;
    },
    async probe() {
      const answer = await call({
        operation: "probe",
        method: "GET",
        path: "/contacts?limit=1",
        idempotent: true,
      });
      if (answer.kind !== "ok") return answer;
      return { kind: "ok", value: { detail: "reached, contacts can be read" } };
    },
  };
}

const markOf = (key: string): string => `gatehouse:${key}`;

type Way = { call: CallHubspot; secrets: readonly string[] };

/** Writes what is not there already. A lost answer is `retry`: who repeats it says that it may exist. */
async function writeOnce(
  way: Way,
  contactId: string,
  record: Marked,
  { key, mayExist }: { key: string; mayExist: boolean },
): Promise<CallResult<string>> {
  if (mayExist) {
    const found = await find(way, record, markOf(key));
    if (found.kind !== "ok" || found.value !== undefined) return found as CallResult<string>;
  }
  const answer = await way.call({
    operation: record.operation,
    method: "POST",
    path: `/${record.type}`,
    idempotent: false,
    body: {
      properties: record.properties,
      associations: [
        {
          to: { id: contactId },
          types: [{ associationCategory: "HUBSPOT_DEFINED", associationTypeId: record.association }],
        },
      ],
    },
  });
  if (answer.kind === "uncertain") return { kind: "retry", why: answer.why, after: searchLagMs };
  // It was taken, and only its number did not arrive: the next attempt finds it.
  if (answer.kind === "retry" && answer.why.code === "bad_answer") return { ...answer, after: searchLagMs };
  if (answer.kind !== "ok") return answer;
  if (!Value.Check(Written, answer.json))
    return { kind: "retry", why: badAnswer(answer, way.secrets).why, after: searchLagMs };
  return { kind: "ok", value: answer.json.id };
}

/** The id of what carries the mark; undefined where nothing does. The mark itself is compared here, not by their words. */
async function find(
  { call, secrets }: Way,
  { type, markedBy }: Pick<Marked, "type" | "markedBy">,
  mark: string,
): Promise<CallResult<string | undefined>> {
  const filter = { propertyName: markedBy, operator: "CONTAINS_TOKEN", value: mark };
  const answer: HubspotAnswer = await call({
    operation: "search",
    method: "POST",
    path: `/${type}/search`,
    idempotent: true,
    body: { filterGroups: [{ filters: [filter] }], properties: [markedBy], limit: 10 },
  });
  if (answer.kind !== "ok") return answer;
  if (!Value.Check(Found, answer.json)) return badAnswer(answer, secrets);
  const found = answer.json.results.find(({ properties }) => properties[markedBy]?.includes(mark));
  return { kind: "ok", value: found?.id };
}
