#!/usr/bin/env bun
import { runCommand } from "./cli/frame";

process.exitCode = await runCommand(process.argv.slice(2), {
  serve: () => import("./cli/serve"),
  migrate: () => import("./cli/migrate"),
  export: () => import("./cli/export"),
  seed: () => import("./cli/seed"),
  audit: () => import("./cli/audit"),
  user: () => import("./cli/user"),
  doctor: () => import("./cli/doctor"),
  health: () => import("./cli/health"),
  openapi: () => import("./cli/openapi"),
  version: () => import("./cli/version"),
});
