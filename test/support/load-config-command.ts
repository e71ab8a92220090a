import { print } from "#/cli/command";
import { runCommand } from "#/cli/frame";
import { loadConfig } from "#/kernel/config";

/** A command that loads the configuration as `serve` does and prints what may be shown of it. */
process.exitCode = await runCommand(["load"], {
  load: async () => ({
    help: { usage: "", summary: "", exits: ["configuration"] },
    run: async () => {
      const { ENV, HOST, LOG_LEVEL, allowedOrigins, sources, placeholders } = loadConfig();
      print(
        JSON.stringify({ ENV, HOST, LOG_LEVEL, allowedOrigins, sources, placeholders, left: process.env }),
      );
      return 0;
    },
  }),
});
