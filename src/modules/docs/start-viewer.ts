/**
 * Starts the viewer in the browser. A file of its own, because our policy takes no inline script. Without the preset of
 * the top bar, which loads any address; without the validator, which is another host.
 */
export const startViewer = `"use strict";
document.documentElement.classList.toggle("dark-mode", matchMedia("(prefers-color-scheme: dark)").matches);
SwaggerUIBundle({
  url: "/docs/json",
  dom_id: "#viewer",
  deepLinking: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: false,
});
`;
