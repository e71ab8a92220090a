import { createHash } from "node:crypto";
import { formPagePolicy } from "#/kernel/http";

/** A form as the catalogue has it, as far as the start page names it; the first door is the documented one. */
export type ListedForm = { slug: string; title: Readonly<Record<string, string>>; doors: readonly string[] };

const style = `
:root { color-scheme: light dark; --page: #f4f5f7; --card: #fff; --text: #1b1f24; --soft: #57606a; --line: #d5dae0;
  --accent: #0b5cad; }
@media (prefers-color-scheme: dark) { :root { --page: #14171a; --card: #1d2125; --text: #e8eaed; --soft: #a9b1ba;
  --line: #343a40; --accent: #8ec1ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.55 system-ui, sans-serif; }
main { max-width: 44rem; margin: 3rem auto; padding: 2.25rem; background: var(--card); border-radius: .75rem;
  box-shadow: 0 1px 3px rgb(0 0 0 / .18); overflow-wrap: anywhere; }
@media (max-width: 48rem) { main { margin: 0; padding: 1.25rem; border-radius: 0; min-height: 100vh; } }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.25; }
h2 { margin: 2rem 0 .5rem; font-size: 1.1rem; }
p { margin: .5rem 0 0; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
code { font-size: .9em; }
small, .soft { color: var(--soft); }
ul { margin: 0; padding: 0; list-style: none; }
li { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .1rem 1rem; padding: .5rem 0;
  border-top: 1px solid var(--line); }
`;

export const homePolicy = formPagePolicy(`'sha256-${createHash("sha256").update(style).digest("base64")}'`);

/** What this is and where everything else is. The same for everybody, without script. */
export function renderHome(version: string, forms: readonly ListedForm[]): string {
  const listed = forms.map(({ slug, title, doors }) =>
    row(`/f/${slug}`, title.en ?? slug, `POST ${doors[0]}`),
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Gatehouse</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Gatehouse</h1>
<p>The backend of this site: it receives what visitors send, keeps it, and tells the team.</p>
<p class="soft">Version ${Bun.escapeHTML(version)}, running.</p>
<h2>For developers</h2>
<ul>
${row("/docs", "API documentation", "GET /docs")}
${row("/docs/json", "OpenAPI document", "GET /docs/json")}
</ul>
<h2>For monitors</h2>
<ul>
${row("/health", "The process lives", "GET /health")}
${row("/api/v1/readyz", "It can serve", "GET /api/v1/readyz")}
${row("/health/db", "The database answers", "GET /health/db")}
</ul>
<h2>Forms</h2>
<ul>
${listed.join("\n")}
</ul>
</main>
</body>
</html>
`;
}

const row = (href: string, label: string, call: string) =>
  `<li><a href="${Bun.escapeHTML(href)}">${Bun.escapeHTML(label)}</a> <small><code>${Bun.escapeHTML(call)}</code></small></li>`;
