import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An empty folder of this test's own: `using folder = temporaryFolder()` removes it at the end. */
export function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), "gatehouse-test-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
