/**
 * Renders and compresses GraphiQL in a thread of its own: nine megabytes of script, which would hold the server's event
 * loop for half a second. Ends after its one message.
 *
 * @module
 */
import { renderGraphiQL } from "@graphql-yoga/render-graphiql";
import type { GraphiqlOptions, RenderedPage } from "./graphiql.ts";

/**
 * A tab that is pressed would jump aside, and so never see the click: GraphiQL takes back only while a tab is focused that
 * tabs do not move, and their animation from where they were before the page had its style never ends.
 */
const TABS_STAY = "<style>.graphiql-tab { transform: none !important; }</style>";

addEventListener("message", async ({ data }: MessageEvent<GraphiqlOptions>) => {
  const html = renderGraphiQL(data).trim().replace("</head>", `${TABS_STAY}</head>`);
  const bytes = new TextEncoder().encode(html);
  const page: RenderedPage = {
    gzip: await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"))).bytes(),
    etag: `"${(await sha256(html)).toHex().slice(0, 32)}"`,
    scriptHashes: await Promise.all(inlineScripts(html).map(async (script) => (await sha256(script)).toBase64())),
  };
  postMessage(page, { transfer: [page.gzip.buffer] });
  close();
}, { once: true });

/** Texts of the scripts in a page. The script itself writes tags as text, so it ends where the last one does. */
function inlineScripts(html: string): string[] {
  const start = html.indexOf("<script>");
  return [html.slice(start + "<script>".length, html.lastIndexOf("</script>"))];
}

async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

// `close` and `postMessage` of a worker, not of a window.
declare function close(): void;
declare function postMessage(message: unknown, options: StructuredSerializeOptions): void;
