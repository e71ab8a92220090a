import { type Html, html } from "#/kernel/pages";
import { type Language, wordsOf } from "../pages/languages";

/** A mail as HTML: styles in attributes, because mail programs drop the rest; nothing is loaded. */
export const renderMail = (language: Language, body: Html): string =>
  html`<!doctype html>
<html lang="${language}" dir="${wordsOf(language).direction}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>
<body style="margin:0;padding:16px;font:16px/1.5 system-ui,sans-serif;color:#1b1f24;background:#fff">
<div style="max-width:640px;margin:0 auto">
${body}
</div>
</body>
</html>
`.markup;
