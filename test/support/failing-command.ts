import { runCommand } from "#/cli/frame";

/** A command with a bug whose message holds a secret. */
process.exitCode = await runCommand(["fail"], {
  fail: async () => ({
    help: { usage: "", summary: "", exits: ["failed"] },
    run: async () => {
      throw Object.assign(new TypeError("Cannot connect with hunter2\n    at hunter2:1:2"), {
        code: "ERR_PLANTED",
      });
    },
  }),
});
