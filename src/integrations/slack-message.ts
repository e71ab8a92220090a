import type { ChatMessage } from "#/kernel/chat";

/** Slack's limits (Block Kit, "Section block", and 50 blocks a message); the last block says that something is missing. */
const mostCharacters = 3_000;
const mostBlocks = 40;
const titleCharacters = 150;

type Section = { type: "section"; text: { type: "mrkdwn"; text: string; verbatim: true } };

/**
 * A message as Slack takes it. All text is escaped, and `verbatim` keeps Slack from finding links, channels and people
 * in it, so that nothing a visitor wrote calls anybody or leads anywhere.
 */
export function toSlackMessage({ title, facts = [], text = "", link }: ChatMessage) {
  const heading = cut(oneLine(title), titleCharacters) || "Gatehouse";
  const sections = [
    `*${escapeText(heading)}*`,
    ...pack(
      facts.map(([label, value]) => `*${escapeText(oneLine(label))}:* ${escapeText(value)}`).join("\n"),
    ),
    ...pack(escapeText(text)),
  ];
  const shown = sections.length <= mostBlocks ? sections : [...sections.slice(0, mostBlocks), "…"];
  if (link) shown.push(`<${linkTarget(link.url)}|${escapeText(oneLine(link.text)).replaceAll("|", "/")}>`);
  return {
    text: escapeText(heading),
    blocks: shown.map(section),
    unfurl_links: false,
    unfurl_media: false,
  };
}

const section = (text: string): Section => ({
  type: "section",
  text: { type: "mrkdwn", text, verbatim: true },
});

/** Slack's three characters ("Formatting text for app surfaces", escaping); a NUL has no place in a message. */
const escapeText = (text: string) =>
  text
    .toWellFormed()
    .replaceAll("\0", "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");

const linkTarget = (url: string) => escapeText(url).replaceAll("|", "%7C");

const oneLine = (text: string) => text.replace(/[\p{Cc}\s]+/gu, " ").trim();

/** Escaped text in pieces that fit a block: an entity or a character is never split. Blank pieces are left out. */
function pack(escaped: string): string[] {
  const pieces: string[] = [];
  let piece = "";
  for (const [unit] of escaped.matchAll(/&(?:amp|lt|gt);|./gsu)) {
    if (piece.length + unit.length > mostCharacters) {
      pieces.push(piece);
      piece = "";
    }
    piece += unit;
  }
  return [...pieces, piece].filter((each) => each.trim() !== "");
}

/** Counted in code points. */
const cut = (text: string, most: number) => {
  const points = [...text];
  return points.length <= most ? text : `${points.slice(0, most - 1).join("")}…`;
};
