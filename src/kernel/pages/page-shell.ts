import { formPagePolicy } from "../http";
import { type Html, html } from "./escape-html";

export type Shell = {
  title: string;
  /** BCP 47, and which way it is written. */
  language: string;
  direction: "ltr" | "rtl";
  nonce: string;
  body: Html;
};

/**
 * A whole page: no script, no file besides it, one style under a nonce. `nonce` is base64 and fresh each time.
 */
export function renderShell(page: Shell): string {
  return html`<!doctype html>
<html lang="${page.language}" dir="${page.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${page.title}</title>
<style nonce="${page.nonce}">${{ markup: style }}</style>
</head>
<body>
<main>
${page.body}
</main>
</body>
</html>
`.markup;
}

/** The `Content-Security-Policy` of a page. `origins` are those that a post from it may end up at. */
export const pagePolicy = (nonce: string, origins: readonly string[] = []): string =>
  formPagePolicy(`'nonce-${nonce}'`, origins);

/** 128 random bits for one page. */
export const newNonce = (): string => crypto.getRandomValues(new Uint8Array(16)).toBase64();

// Contrast of text and of the borders of inputs was held to WCAG 2.2 (4.5:1 and 3:1) in both schemes.
const style = `
:root { color-scheme: light dark; --page: #f4f5f7; --card: #fff; --text: #1b1f24; --soft: #57606a; --line: #7b848e;
  --accent: #0b5cad; --on-accent: #fff; --bad: #b3261e; --bad-back: #fdf0ef; --note: #0b5cad; --note-back: #eef5fc; }
@media (prefers-color-scheme: dark) { :root { --page: #14171a; --card: #1d2125; --text: #e8eaed; --soft: #a9b1ba;
  --line: #7f8893; --accent: #8ec1ff; --on-accent: #0b1f33; --bad: #ffb4ab; --bad-back: #3a2120; --note: #8ec1ff;
  --note-back: #1a2a3a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 38rem; margin: 2rem auto; padding: 2rem; background: var(--card); border-radius: .75rem;
  box-shadow: 0 1px 3px rgb(0 0 0 / .18); overflow-wrap: anywhere; }
@media (max-width: 42rem) { main { margin: 0; padding: 1.25rem; border-radius: 0; min-height: 100vh; } }
h1 { margin: 0 0 1rem; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 0 0 .25rem; font-size: 1.1rem; line-height: 1.35; }
p { margin: 0 0 .75rem; }
a { color: var(--accent); }
.notice { margin: 0 0 1.5rem; padding: 1rem 1.25rem; border-inline-start: .3rem solid var(--note);
  border-radius: .375rem; background: var(--note-back); }
.notice.bad { border-color: var(--bad); background: var(--bad-back); }
.notice :last-child { margin-bottom: 0; }
.notice ul { margin: 0; padding-inline-start: 1.2rem; }
.notice.bad a { color: var(--bad); }
.field, fieldset { margin: 0 0 1.25rem; padding: 0; border: 0; min-width: 0; }
label, legend { display: block; margin-bottom: .3rem; padding: 0; font-weight: 600; }
.tick { display: flex; gap: .6rem; align-items: start; font-weight: 400; }
.soft, .help { color: var(--soft); font-weight: 400; }
.help, .error { margin-bottom: .3rem; font-size: .925rem; }
.error { color: var(--bad); font-weight: 600; }
input, textarea, select { width: 100%; min-height: 2.75rem; padding: .5rem .7rem; border: 1px solid var(--line);
  border-radius: .375rem; background: var(--card); color: inherit; font: inherit; }
textarea { min-height: 9rem; resize: vertical; }
input[type="checkbox"] { flex: none; width: 1.5rem; min-height: 1.5rem; height: 1.5rem; margin: 0; accent-color: var(--accent); }
[aria-invalid="true"] { border: 2px solid var(--bad); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
button { min-height: 2.75rem; padding: .5rem 1.5rem; border: 0; border-radius: .375rem; background: var(--accent);
  color: var(--on-accent); font: inherit; font-weight: 600; cursor: pointer; }
button:hover { filter: brightness(1.1); }
.trap { position: absolute; left: -10000px; width: 1px; height: 1px; overflow: hidden; }
`;
