/**
 * Renders and compresses GraphiQL in a thread of its own: nine megabytes of script, which would hold the server's event
 * loop for half a second. Ends after its one message.
 *
 * @module
 */
import { renderGraphiQL } from "@graphql-yoga/render-graphiql";
import { SESSION_KEY } from "../access/sign_in.ts";
import type { GraphiqlOptions, RenderedPage } from "./graphiql.ts";

/**
 * A tab that is pressed would jump aside, and so never see the click: GraphiQL takes back only while a tab is focused that
 * tabs do not move, and their animation from where they were before the page had its style never ends.
 */
const TABS_STAY = "<style>.graphiql-tab { transform: none !important; }</style>";

/** Shows what the studio has kept, and says so where there is nothing. */
const SIGNED_IN = `{
  additionalHeaders: () => shown(),
  connectionParams: () => shown(),
}`;
const SHOWN = `
function shown() {
  const kept = sessionStorage.getItem("${SESSION_KEY}");
  return kept === null ? {} : { authorization: "Bearer " + JSON.parse(kept).token };
}
document.querySelector("#sign-in").hidden = "authorization" in shown();
`;
const HINT_STYLE = `<style>
#sign-in { position: fixed; inset: auto 20px 20px auto; z-index: 10; max-width: min(26rem, calc(100vw - 40px)); margin: 0;
  padding: 12px 18px; border-radius: 10px; background: #1c2233; color: #f5f1e8; font: 15px/1.5 system-ui, sans-serif;
  box-shadow: 0 6px 24px rgb(0 0 0 / 30%); }
#sign-in a { color: #9db8ec; }
</style>`;

addEventListener("message", async ({ data: { studio, ...options } }: MessageEvent<GraphiqlOptions>) => {
  let html = renderGraphiQL(options).trim().replace("</head>", `${TABS_STAY}</head>`);
  if (studio !== null) {
    const given = JSON.stringify(options);
    const call = html.lastIndexOf(given);
    if (call < 0) throw new Error("Cannot render GraphiQL: found no options in the page, wanted them as JSON");
    html = `${html.slice(0, call)}{...${given}, ...${SIGNED_IN}}${html.slice(call + given.length)}`
      .replace("</head>", `${HINT_STYLE}</head>`)
      .replace(/<body[^>]*>/, (body) => `${body}${hint(studio)}`);
    const start = html.indexOf("<script>") + "<script>".length;
    html = html.slice(0, start) + SHOWN + html.slice(start);
  }
  const bytes = new TextEncoder().encode(html);
  const page: RenderedPage = {
    gzip: await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"))).bytes(),
    etag: `"${(await sha256(html)).toHex().slice(0, 32)}"`,
    scriptHashes: await Promise.all(inlineScripts(html).map(async (script) => (await sha256(script)).toBase64())),
  };
  postMessage(page, { transfer: [page.gzip.buffer] });
  close();
}, { once: true });

function hint(studio: string): string {
  return `<p id="sign-in" hidden>Nobody is signed in. <a href="${studio}">Sign in at the studio</a> and come back, or set
    the header <code>authorization</code>.</p>`;
}

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
