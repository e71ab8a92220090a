import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { CallResult } from "#/kernel/call-result";
import type { CrmContact } from "#/kernel/crm";
import { badAnswer } from "#/kernel/http-client";
import type { Log } from "#/kernel/log";
import { type CallHubspot, type HubspotAnswer, unknownProperty } from "./hubspot-call";
import { contactProperties, standardOnly } from "./hubspot-properties";

const Contact = Type.Object({ id: Type.String() });
/** 200, or 207 where some inputs failed: the errors stand beside what was written. */
const Upserted = Type.Object({
  results: Type.Array(Contact),
  errors: Type.Optional(
    Type.Array(
      Type.Object({ category: Type.String(), message: Type.String() }, { additionalProperties: true }),
    ),
  ),
});

type Properties = Readonly<Record<string, string>>;
type Outcome = CallResult<{ contactId: string }>;
type Way = { call: CallHubspot; log: Log; secrets: readonly string[] };

/**
 * Writes a contact by its address, whether it is there or not. Where the account lacks a property that we wrote, once
 * again with those that none lacks, and the log says so; what was left out stands in the note.
 */
export async function upsertContact(way: Way, contact: CrmContact): Promise<Outcome> {
  const properties = contactProperties(contact);
  const outcome = await write(way, properties);
  if (outcome.kind !== "refused" || outcome.why.code !== unknownProperty) return outcome;
  const reduced = standardOnly(properties);
  const unknown = Object.keys(properties).filter((name) => !(name in reduced));
  if (unknown.length === 0) return outcome;
  way.log("warn", "hubspot.property_unknown", { setting: "HUBSPOT_PROPERTIES", unknown });
  return write(way, reduced);
}

/** Upserts; an account that does not take that by address gets it created, or changed where it exists. */
async function write(way: Way, properties: Properties): Promise<Outcome> {
  const outcome = readUpsert(
    way,
    await way.call({
      operation: "upsert_contact",
      method: "POST",
      path: "/contacts/batch/upsert",
      body: { inputs: [{ idProperty: "email", id: properties.email, properties }] },
      idempotent: true,
    }),
  );
  const isRefusal = outcome.kind === "refused" && outcome.why.code !== unknownProperty;
  return isRefusal && [207, 400].includes(outcome.why.status ?? 0)
    ? createOrChange(way, properties)
    : outcome;
}

function readUpsert({ secrets }: Way, answer: HubspotAnswer): Outcome {
  if (answer.kind !== "ok") return answer;
  if (!Value.Check(Upserted, answer.json)) return badAnswer(answer, secrets);
  const [contact] = answer.json.results;
  if (contact) return { kind: "ok", value: { contactId: contact.id } };
  const bad = badAnswer(answer, secrets);
  const [error] = answer.json.errors ?? [];
  if (!error) return bad;
  const code = JSON.stringify(error).includes("PROPERTY_DOESNT_EXIST") ? unknownProperty : "not_written";
  // Their own trouble passes; what they say of our input does not.
  return lasting.has(error.category) ? { kind: "refused", why: { ...bad.why, code } } : bad;
}

const lasting = new Set(["VALIDATION_ERROR", "CONFLICT", "OBJECT_NOT_FOUND", "OBJECT_ALREADY_EXISTS"]);

/** Both are safe to repeat: an address is taken once. */
async function createOrChange({ call, secrets }: Way, properties: Properties): Promise<Outcome> {
  const created = await call({
    operation: "create_contact",
    method: "POST",
    path: "/contacts",
    body: { properties },
    idempotent: true,
  });
  if (created.kind !== "refused" || created.why.status !== 409) return readContact(created, secrets);
  const { email = "", ...others } = properties;
  const changed = await call({
    operation: "update_contact",
    method: "PATCH",
    path: `/contacts/${encodeURIComponent(email)}?idProperty=email`,
    body: { properties: others },
    idempotent: true,
  });
  return readContact(changed, secrets);
}

function readContact(answer: HubspotAnswer, secrets: readonly string[]): Outcome {
  if (answer.kind !== "ok") return answer;
  return Value.Check(Contact, answer.json)
    ? { kind: "ok", value: { contactId: answer.json.id } }
    : badAnswer(answer, secrets);
}
