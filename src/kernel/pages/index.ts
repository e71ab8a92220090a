export { attributes, type Html, html } from "./escape-html";
export { newNonce, pagePolicy, renderShell, type Shell } from "./page-shell";
