import { randomBytes } from "node:crypto";
import { createApp } from "#/app";
import { loadConfig } from "#/kernel/config";
import type { Kernel } from "#/kernel/kernel";
import { createMetrics } from "#/kernel/metrics";
import { type Help, print, readArguments } from "./command";
import { exitCodes } from "./exit-codes";

export const help: Help = {
  usage: "",
  summary: "Print the OpenAPI document",
  details: "The same that GET /docs/json answers. Opens no database and needs no configuration.",
  exits: [],
};

export async function run(args: string[]): Promise<number> {
  readArguments(args, { options: {} });
  const answer = await describedApp().handle(new Request("http://localhost/docs/json"));
  print(JSON.stringify(await answer.json(), null, 2));
  return exitCodes.done;
}

/** The app with its routes and nothing behind them: good for reading what they are, not for calling them. */
export function describedApp() {
  // A secret for the moment, else one would be generated into the data directory.
  const config = loadConfig({ ENV: "development", SECRET_KEY: randomBytes(32).toString("base64") });
  const readiness: Kernel["readiness"] = { phase: () => "serving", checks: {} };
  const needed: Partial<Kernel> = {
    config,
    log: () => {},
    metrics: createMetrics(),
    now: () => new Date(),
    readiness,
  };
  const jobs: Partial<Kernel["jobs"]> = { yieldTo: () => {} };
  return createApp({ ...needed, jobs, database: { kind: "embedded" } } as Kernel);
}
