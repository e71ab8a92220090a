import { customType } from "drizzle-orm/pg-core";

/** Raw bytes; hashes are kept as they are, at half the size of their hexadecimal form. */
export const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => "bytea" });
