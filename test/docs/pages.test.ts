import { expect, test } from "bun:test";
import { documentation } from "#/modules/docs";
import { ask, sampleApp, voiceOf } from "../kernel/http/sample-app";

const forms = [{ slug: "contact", title: { en: "Contact <us>" }, doors: ["/api/contact", "/f/contact"] }];
const app = sampleApp().use(documentation({ version: "1.2.3", voiceOf, forms }));
const get = (path: string, headers: Record<string, string> = {}) => ask(app, path, { headers });
const script = /src="(\/docs\/assets\/swagger-ui-[^"]+)"/.exec(await (await get("/docs")).text())?.[1] ?? "";

test("the start page is a page for a browser and links for a program", async () => {
  const page = await get("/", { accept: "text/html,*/*;q=0.8" });
  const links = await get("/", { accept: "*/*" });

  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(await page.text()).toContain('<a href="/f/contact">Contact &lt;us&gt;</a>');
  expect(page.headers.get("vary")).toContain("Accept");
  expect(await links.json()).toEqual({
    name: "Gatehouse",
    version: "1.2.3",
    docs: "/docs",
    openapi: "/docs/json",
    health: "/health",
  });
});

test.each(["/docs", "/docs/json", script])("%s answers 304 to who has it", async (path) => {
  const first = await get(path);
  const again = await get(path, { "if-none-match": `"other", W/${first.headers.get("etag")}` });
  const other = await get(path, { "if-none-match": '"other"' });

  expect([first.status, again.status, other.status]).toEqual([200, 304, 200]);
  expect((await again.bytes()).length).toBe(0);
});

test("the viewer's script comes packed to who takes gzip, and as it is to others", async () => {
  const packed = await get(script, { "accept-encoding": "br, gzip;q=0.5" });
  const refused = await get(script, { "accept-encoding": "gzip;q=0, br" });

  const bytes = new Uint8Array(await packed.arrayBuffer());
  expect(packed.headers.get("content-encoding")).toBe("gzip");
  expect(bytes.length).toBeLessThan(500_000);
  expect(refused.headers.get("content-encoding")).toBeNull();
  expect(Bun.gunzipSync(bytes)).toEqual(new Uint8Array(await refused.arrayBuffer()));
  expect(refused.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  expect(packed.headers.get("etag")).not.toBe(refused.headers.get("etag"));
});

test.each(["constructor", "swagger-ui.js", "..%2Findex.ts"])(
  "refuses a file that the viewer does not have: %s",
  async (name) => {
    const answer = await get(`/docs/assets/${name}`);

    expect(answer.status).toBe(404);
    expect(answer.headers.get("cache-control")).toBe("no-store");
  },
);
