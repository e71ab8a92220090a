import { viewerNames } from "./viewer-files";

/** The page that loads the viewer; everything comes from this server. */
export const viewerPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>API documentation – Gatehouse</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/assets/${viewerNames.style}">
</head>
<body>
<div id="viewer"></div>
<noscript><p>The viewer needs script. <a href="/docs/json">The document itself</a> does not.</p></noscript>
<script src="/docs/assets/${viewerNames.bundle}"></script>
<script src="/docs/assets/${viewerNames.start}"></script>
</body>
</html>
`;
