import type { Config } from "#/kernel/config";
import { type Crm, noCrm } from "#/kernel/crm";
import type { HttpClient } from "#/kernel/http-client";
import type { Log } from "#/kernel/log";
import { connectHubspot } from "./hubspot";

export type CrmConfig = Pick<
  Config,
  | "HUBSPOT_API_KEY"
  | "HUBSPOT_BASE_URL"
  | "HUBSPOT_API_VERSION"
  | "HUBSPOT_PIPELINE"
  | "HUBSPOT_STAGE_DEMO"
  | "HUBSPOT_STAGE_QUOTE"
  | "HUBSPOT_PROPERTIES"
  | "HUBSPOT_TIMEZONE"
>;

/** HubSpot where its key is set; else none, for which nothing is planned. */
export const openCrm = ({ HUBSPOT_API_KEY, ...config }: CrmConfig, http: HttpClient, log: Log): Crm =>
  HUBSPOT_API_KEY
    ? connectHubspot({
        http,
        log,
        apiKey: HUBSPOT_API_KEY,
        baseUrl: config.HUBSPOT_BASE_URL,
        version: config.HUBSPOT_API_VERSION,
        pipeline: config.HUBSPOT_PIPELINE,
        stages: { demo: config.HUBSPOT_STAGE_DEMO, quote: config.HUBSPOT_STAGE_QUOTE },
        properties: config.HUBSPOT_PROPERTIES,
        timeZone: config.HUBSPOT_TIMEZONE,
      })
    : noCrm;
