import { expect, test } from "bun:test";
import { dirname, join, normalize } from "node:path";

/** Which module may knock at whose door. A new edge is a decision, so it is a line here. */
const needs: Record<string, readonly string[]> = {
  accounts: [],
  console: ["accounts", "forms", "ops", "runners", "uploads"],
  content: ["accounts"],
  docs: [],
  forms: ["accounts", "uploads"],
  ops: [],
  portal: ["accounts", "content", "forms", "ops", "projects", "runners", "uploads"],
  projects: ["accounts"],
  release: [],
  runners: ["accounts"],
  uploads: ["accounts"],
};

/** What a file of each layer may import besides its own module. */
const reaches: Record<string, readonly string[]> = {
  kernel: ["kernel"],
  integrations: ["kernel", "integrations"],
  modules: ["kernel"],
  app: ["kernel", "modules"],
  boot: ["kernel", "integrations", "modules", "app"],
  cli: ["cli", "kernel", "modules", "app", "boot"],
  main: ["cli"],
  pages: ["pages", "app"],
};

const sources = [...new Bun.Glob("src/**/*.{ts,tsx}").scanSync()].filter((file) => !file.endsWith(".d.ts"));
const texts = new Map(
  await Promise.all(sources.map(async (file) => [file, await Bun.file(file).text()] as const)),
);
const imports = await readImports();

test("the reader finds the imports it judges", () => {
  expect(imports.length).toBeGreaterThan(sources.length);
});

test("every module says whom it needs", () => {
  const modules = new Set(sources.map((file) => locate(file).module).filter((name) => name !== undefined));
  expect([...modules].filter((name) => !(name in needs))).toEqual([]);
});

test("every file imports only what stands below it", () => {
  const offences = imports.filter(({ from, to }) => {
    const [source, target] = [locate(from), locate(to)];
    if (target.module === undefined) return !reaches[source.layer]?.includes(target.layer);
    if (source.module === target.module) return false;
    if (!target.isDoor) return true;
    return source.module === undefined
      ? !reaches[source.layer]?.includes("modules")
      : !needs[source.module]?.includes(target.module);
  });
  expect(offences).toEqual([]);
});

test("no file reaches itself through its imports", () => {
  const next = Map.groupBy(imports, ({ from }) => from);
  const settled = new Set<string>();
  const walk = (file: string, trail: readonly string[]): string | undefined => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file].join(" -> ");
    if (settled.has(file)) return;
    for (const { to } of next.get(file) ?? []) {
      const cycle = walk(to, [...trail, file]);
      if (cycle) return cycle;
    }
    settled.add(file);
  };
  expect([...next.keys()].map((file) => walk(file, [])).filter(Boolean)).toEqual([]);
});

test("only the HTTP client calls out", () => {
  const callers = [...texts].filter(([, text]) => /(?<![.\w])fetch\(/.test(text)).map(([file]) => file);
  const guarded = "src/kernel/http-client/";
  expect(callers.filter((file) => locate(file).layer !== "pages" && !file.startsWith(guarded))).toEqual([]);
});

test("enumerations have no default: `oneOf`, not `t.UnionEnum`", () => {
  const users = [...texts].filter(([, text]) => text.includes("UnionEnum")).map(([file]) => file);
  expect(users).toEqual(["src/kernel/http/one-of.ts"]);
});

test("no source file is longer than 300 lines", () => {
  expect([...texts].filter(([, text]) => text.split("\n").length > 300).map(([file]) => file)).toEqual([]);
});

/** Read from the text rather than the transpiler, which forgets `import type`. */
async function readImports() {
  const found: { from: string; to: string }[] = [];
  for (const [from, text] of texts) {
    for (const [, specifier = ""] of text.matchAll(/\b(?:from|import)\s*\(?\s*"((?:#\/|\.)[^"]+)"/g)) {
      if (/\.(sql|html|css|json|svg|wasm)$/.test(specifier)) continue;
      const path = specifier.startsWith("#/")
        ? `src/${specifier.slice(2)}`
        : normalize(join(dirname(from), specifier));
      found.push({ from, to: await resolve(path) });
    }
  }
  return found;
}

async function resolve(path: string) {
  for (const candidate of [path, `${path}.ts`, `${path}.tsx`, `${path}/index.ts`]) {
    if (await Bun.file(candidate).exists()) return candidate;
  }
  throw new Error(`Cannot resolve "${path}"`);
}

/** The console's pages are a layer of their own: browser code, which knows the service by `type App`. */
function locate(file: string) {
  if (file.startsWith("src/modules/console/pages/"))
    return { layer: "pages", module: undefined, isDoor: true };
  const [, first = "", second] = file.split("/");
  const layer = first.replace(/\.tsx?$/, "");
  return layer === "modules"
    ? { layer, module: second, isDoor: file === `src/modules/${second}/index.ts` }
    : { layer, module: undefined, isDoor: true };
}
