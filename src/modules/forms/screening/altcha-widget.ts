import widget from "altcha/i18n" with { type: "file" };
import { answerFile, type StaticFile, tagOf } from "#/kernel/http";

const file: StaticFile = { type: "text/javascript; charset=utf-8", read: () => Bun.file(widget) };
/** Its name stays the same, so that a page can name it; a browser keeps it and asks whether it has changed. */
const cacheControl = "no-cache";
let tag: Promise<string> | undefined;

/** The widget of ALTCHA with all its languages, for `<script type="module">` on the pages of a site. */
export async function answerWidget(request: Request): Promise<Response> {
  tag ??= file.read().text().then(tagOf);
  return answerFile(request, file, { etag: await tag, cacheControl });
}
