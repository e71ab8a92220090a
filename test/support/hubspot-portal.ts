type Properties = Record<string, string>;
type Kept = { id: string; properties: Properties; contactId?: string };
type Body = {
  inputs?: { id: string; properties: Properties }[];
  properties?: Properties;
  associations?: { to: { id: string } }[];
  filterGroups?: { filters: { value: string }[] }[];
};

export type HubspotPortal = {
  /** For HUBSPOT_BASE_URL. */
  url: string;
  contacts: Map<string, Kept>;
  notes: Kept[];
  deals: Kept[];
  /** Every call that came: `POST /notes`. */
  calls: string[];
  /** Before a call is done (`before`), or after it, in place of its answer. Undefined: it goes on. */
  interrupt(
    step: (call: string, when: "before" | "after") => Response | undefined | Promise<Response | undefined>,
  ): void;
  reset(): void;
  stop(): Promise<void>;
};

/**
 * A portal of HubSpot on loopback that keeps what it is given: contacts by address; notes and deals as often as they are
 * written, because it takes no key. What its calls look like is held to the description elsewhere.
 */
export function startHubspotPortal(): HubspotPortal {
  const contacts: HubspotPortal["contacts"] = new Map();
  const kept: Record<string, Kept[]> = { notes: [], deals: [] };
  const calls: string[] = [];
  let step: Parameters<HubspotPortal["interrupt"]>[0] = () => undefined;
  let ids = 100;

  const upsert = ({ inputs = [] }: Body) =>
    inputs.map(({ id: email, properties }) => {
      const contact = contacts.get(email) ?? { id: String(++ids), properties: {} };
      contacts.set(email, { ...contact, properties: { ...contact.properties, ...properties } });
      return answerOf(contact);
    });
  const perform = (path: string, body: Body): Response => {
    const [, type = "", action] = path.split("/");
    if (type === "contacts")
      return Response.json({
        status: "COMPLETE",
        startedAt: moment,
        completedAt: moment,
        results: upsert(body),
      });
    const list = kept[type] ?? [];
    if (action === "search") {
      const mark = body.filterGroups?.[0]?.filters[0]?.value ?? "";
      const results = list.filter(({ properties }) => JSON.stringify(properties).includes(mark));
      return Response.json({ total: results.length, results: results.map(answerOf) });
    }
    const { properties = {}, associations } = body;
    const made = { id: String(++ids), properties, contactId: associations?.[0]?.to.id ?? "" };
    list.push(made);
    return Response.json(answerOf(made), { status: 201 });
  };

  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const path = new URL(request.url).pathname.replace("/crm/objects/2026-09", "");
      const call = `${request.method} ${path}`;
      const body = (await request.json()) as Body;
      calls.push(call);
      return (await step(call, "before")) ?? withStep(perform(path, body), call);
    },
  });
  const withStep = async (answer: Response, call: string) => (await step(call, "after")) ?? answer;

  return {
    url: `http://127.0.0.1:${server.port}`,
    contacts,
    notes: kept.notes!,
    deals: kept.deals!,
    calls,
    interrupt(next) {
      step = next;
    },
    reset() {
      contacts.clear();
      for (const list of [...Object.values(kept), calls]) list.length = 0;
      step = () => undefined;
      ids = 100;
    },
    stop: () => server.stop(true),
  };
}

const moment = "2026-11-21T09:30:00.000Z";
const answerOf = ({ id, properties }: Kept) => ({ id, properties, createdAt: moment, updatedAt: moment });
