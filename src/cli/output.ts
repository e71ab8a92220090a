import { open, rename, rm } from "node:fs/promises";
import { StartRefusal } from "#/kernel/db/start-refusal";
import { exitCodes } from "./exit-codes";

/** Where the text of a command goes. Both resolve once it is taken, so a slow reader slows the writer down. */
export type Output = { write(text: string): Promise<void>; complain(text: string): Promise<void> };

/** Standard output and standard error. A reader that went away (`| head`) ends the command. */
export const standardOutput = (): Output => ({
  write: (text) => put(process.stdout, text),
  complain: (text) => put(process.stderr, text),
});

function put(stream: NodeJS.WriteStream, text: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (stream.listenerCount("error") === 0) stream.on("error", () => {});
  stream.write(text, (error) => (error ? reject(outputClosed(error)) : resolve()));
  return promise;
}

const outputClosed = (cause: Error) =>
  new StartRefusal(exitCodes.failed, "The output was closed before the end", cause);

/**
 * A file that appears under its name complete or not at all, for its owner alone: `keep` puts it there, `drop`
 * removes what was written.
 */
export async function fileOutput(path: string) {
  const aside = `${path}.part`;
  const file = await open(aside, "wx", 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new StartRefusal(exitCodes.storage, `Cannot write ${aside} (${error.code})`, error);
  });
  return {
    async write(text: string) {
      await file.writeFile(text).catch((error: NodeJS.ErrnoException) => {
        throw new StartRefusal(exitCodes.storage, `Cannot write ${aside} (${error.code})`, error);
      });
    },
    async keep() {
      await file.sync();
      await file.close();
      await rename(aside, path);
    },
    async drop() {
      await file.close();
      await rm(aside, { force: true });
    },
  };
}
