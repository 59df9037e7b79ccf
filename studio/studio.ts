import { PRESET_NAMES } from "../engine/options/options.ts";
import type { SignIn } from "../access/sign_in.ts";
import { notModified } from "../server/conditional.ts";
import type { Pages } from "../server/http.ts";

const PAGE = "index.html";
const DIST = new URL("./dist/", import.meta.url);
/** `deno task gallery` paints them. */
const PRESET_PICTURES = PRESET_NAMES.map((name) => `presets/${name.toLowerCase()}.jpg`);

const NOBODY_ASKED: SignIn = { ways: [], oidc: null };

/** Only what the server itself sends may run, be shown or be asked; and who tells the page's user a token. */
function policy({ oidc }: SignIn): string {
  const issuer = oidc?.endpoints ? ` ${new URL(oidc.endpoints.token).origin}` : "";
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    `connect-src 'self'${issuer}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

const MIME_TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  jpg: "image/jpeg",
};

interface StudioFile {
  /** Headers that it has whoever asks. */
  readonly fixed: Readonly<Record<string, string>>;
  readonly plain: Uint8Array<ArrayBuffer>;
  /** Null where it is compressed already. */
  readonly zipped: Uint8Array<ArrayBuffer> | null;
}

/**
 * Serves the studio: its page at `/`, `/several`, `/gallery`, `/transfers/:id` and `/batches/:id`, and what the page needs
 * below `/studio/`.
 *
 * @param basePath Path that all of these lie below for a browser, without a slash at its end.
 * @param signIn What the page is told of signing in, as it is at the moment.
 */
export function studioPages(basePath = "", signIn: () => SignIn = () => NOBODY_ASKED): Pages {
  const files = new Map<string, { readonly told: string; readonly file: Promise<StudioFile> }>();
  const load = (name: string) => {
    const now = name === PAGE ? signIn() : NOBODY_ASKED;
    const told = JSON.stringify(now);
    const known = files.get(name);
    if (known?.told === told) return known.file;
    const file = read(name, basePath, now);
    files.set(name, { told, file });
    return file;
  };
  return (request, pathname) => answer(request, pathname, load);
}

async function answer(
  request: Request,
  pathname: string,
  load: (name: string) => Promise<StudioFile>,
): Promise<Response | undefined> {
  const name = fileOf(pathname);
  if (!name) return undefined;
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new Response("Cannot change a page: wanted GET\n", { status: 405, headers: { allow: "GET, HEAD" } });
  }
  const { fixed, plain, zipped } = await load(name);
  const headers = new Headers(fixed);
  const known = notModified(request, headers);
  if (known) return known;
  const zip = zipped !== null && /\bgzip\b/.test(request.headers.get("accept-encoding") ?? "");
  const body = zip ? zipped : plain;
  headers.set("content-length", String(body.byteLength));
  if (zip) headers.set("content-encoding", "gzip");
  return new Response(request.method === "HEAD" ? null : body, { headers });
}

function fileOf(pathname: string): string | undefined {
  if (/^\/(several|gallery|(transfers|batches)\/[\w-]{1,100})?$/.test(pathname)) return PAGE;
  const name = pathname.replace(/^\/studio\//, "");
  if (PRESET_PICTURES.includes(name)) return `../${name}`;
  return /^\/studio\/(studio\.js|studio\.css|icon\.svg)$/.exec(pathname)?.[1];
}

async function read(name: string, basePath: string, signIn: SignIn): Promise<StudioFile> {
  const written = await Deno.readFile(new URL(name, DIST));
  const plain = name === PAGE ? told(signIn, below(basePath, written)) : written;
  const zipped = name.endsWith(".jpg")
    ? null
    : await new Response(new Blob([plain]).stream().pipeThrough(new CompressionStream("gzip"))).bytes();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", plain)).toHex().slice(0, 32);
  const fixed = {
    "content-type": MIME_TYPES[name.split(".").at(-1)!]!,
    "content-security-policy": policy(signIn),
    // Asked for every time and mostly answered with 304: an update is never mixed with what was there before.
    "cache-control": "no-cache",
    // Weak: the compressed form has the same.
    "etag": `W/"${digest}"`,
    "vary": "accept-encoding",
  };
  return { fixed, plain, zipped };
}

/** A page that says in itself how to sign in. */
function told(signIn: SignIn, page: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const content = JSON.stringify(signIn).replaceAll(/[&"<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  const html = new TextDecoder().decode(page);
  return new TextEncoder().encode(
    html.replace('name="sign-in" content=""', () => `name="sign-in" content="${content}"`),
  );
}

/** A page whose addresses lie below a path. */
function below(basePath: string, page: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const html = new TextDecoder().decode(page);
  return new TextEncoder().encode(html.replaceAll(/\b(href|src)="\//g, `$1="${basePath}/`));
}
