#!/usr/bin/env bun
import { runCommand } from "./cli/frame";

process.exitCode = await runCommand(process.argv.slice(2), {
  doctor: () => import("./cli/doctor"),
  serve: () => import("./cli/serve"),
  health: () => import("./cli/health"),
  openapi: () => import("./cli/openapi"),
  version: () => import("./cli/version"),
});
