import encodeQr from "qr";
import { type Html, html } from "#/kernel/pages";

/** Modules of white around it, which readers need (ISO/IEC 18004). */
const quietZone = 4;
/** CSS pixels. */
const width = 240;

/** A QR code as an inline picture, dark on white in both colour schemes. */
export function renderQr(text: string, label: string): Html {
  const rows = encodeQr(text, "raw", { ecc: "medium", border: quietZone });
  const squares = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")));
  const size = rows.length;
  return html`<svg role="img" aria-label="${label}" viewBox="0 0 ${size} ${size}" width="${width}" height="${width}" shape-rendering="crispEdges">
<path fill="#fff" d="M0 0h${size}v${size}H0z"/><path fill="#000" d="${squares.join("")}"/></svg>`;
}
