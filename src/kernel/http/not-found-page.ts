import { createHash } from "node:crypto";
import { formPagePolicy } from "./headers";

const style =
  "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem;color:#1a1a1a;background:#fff}" +
  "@media(prefers-color-scheme:dark){body{color:#eee;background:#1a1a1a}a{color:#9cf}}";

/** What a browser sees at an address that does not exist. It holds nothing of the request. */
export const notFoundPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Page not found</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Page not found</h1>
<p>There is nothing at this address. It may have moved, or the link has a typing error.</p>
<p><a href="/">Start page</a></p>
</main>
</body>
</html>
`;

export const notFoundPagePolicy = formPagePolicy(
  `'sha256-${createHash("sha256").update(style).digest("base64")}'`,
);
