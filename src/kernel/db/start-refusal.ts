/** Why the process cannot start, in one sentence for the operator, and the code it exits with (sysexits.h). */
export class StartRefusal extends Error {
  override readonly name = "StartRefusal";
  readonly exitCode: number;

  constructor(exitCode: number, message: string, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** The disk is full, or the directory cannot be written (EX_IOERR). */
export const storageRefusal = (message: string, cause?: unknown) => new StartRefusal(74, message, cause);

/** Another process holds the data directory (EX_TEMPFAIL). */
export const lockRefusal = (message: string) => new StartRefusal(75, message);

/** The schema is not one that this release can work on (EX_PROTOCOL). */
export const schemaRefusal = (message: string) => new StartRefusal(76, message);
