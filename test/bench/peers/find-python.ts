import { join } from "node:path";

/** A `python3` that can import all of these: Debian's has its packages and is often not the first in the PATH. */
export async function findPython(modules: readonly string[]): Promise<string | undefined> {
  const folders = ["/usr/bin", ...(process.env.PATH ?? "").split(":")];
  for (const python of new Set(folders.map((folder) => join(folder, "python3")))) {
    if (!(await Bun.file(python).exists())) continue;
    const probe = Bun.spawn([python, "-c", `import ${modules.join(", ")}`], {
      stdout: "ignore",
      stderr: "ignore",
    });
    if ((await probe.exited) === 0) return python;
  }
  return undefined;
}
