export { attributes, type Html, html } from "./escape-html";
export { newNonce, pagePolicy, renderShell } from "./page-shell";
