import assert from "node:assert/strict";
import { PRESET_NAMES } from "../engine/options/options.ts";
import { inspectImage } from "../images/decode.ts";
import { currentManifest, operations, writtenManifest } from "./build.ts";
import { studioPages } from "./studio.ts";

const PAGES = studioPages();
const BUILD = "run `deno task studio:build` and commit studio/dist";

async function get(pathname: string, headers: HeadersInit = {}): Promise<Response | undefined> {
  return await PAGES(new Request(`http://studio${pathname}`, { headers }), pathname);
}

Deno.test("the committed bundle is made from the committed sources, and nobody has edited it", async () => {
  assert.deepEqual(await currentManifest(), await writtenManifest(), BUILD);
});

Deno.test("the operations of the studio are valid against the schema, and their types are up to date", async () => {
  const { written, current } = await operations();
  assert.equal(written, current, BUILD);
});

Deno.test("every page of the studio is the same document, whatever its address", async () => {
  const texts = await Promise.all(
    ["/", "/several", "/gallery", "/transfers/tr_1", "/batches/b_1"].map(async (path) =>
      await (await get(path))!.text()
    ),
  );
  assert.match(texts[0]!, /<div id="studio">/);
  assert.ok(texts.every((text) => text === texts[0]));
});

Deno.test("below a path, every address of the page is below it, too", async () => {
  const page = await studioPages("/gramcast")(new Request("http://studio/gallery"), "/gallery");
  const html = await page!.text();
  for (const name of Object.keys((await writtenManifest()).files)) {
    assert.equal(html.includes(`"/gramcast/studio/${name}"`), name !== "index.html", name);
  }
  assert.doesNotMatch(html, /"\/(?!gramcast\/)/);
});

Deno.test("the studio leaves every other address to others", async () => {
  for (
    const path of [
      "/graphql",
      "/studio/",
      "/studio/manifest.json",
      "/studio/../studio.ts",
      "/studio/presets/unknown.jpg",
      "/transfers/a/b",
    ]
  ) {
    assert.equal(await get(path), undefined);
  }
});

Deno.test("the studio may ask no other host for anything", async () => {
  const policy = (await get("/"))!.headers.get("content-security-policy")!;
  const directives = new Map(
    policy.split(";").map((directive) => {
      const [name, ...sources] = directive.trim().split(" ");
      return [name, sources];
    }),
  );
  assert.deepEqual(directives.get("default-src"), ["'none'"]);
  assert.deepEqual(directives.get("connect-src"), ["'self'"]);
  const here = ["'none'", "'self'", "data:", "blob:"];
  for (const sources of directives.values()) assert.deepEqual(sources.filter((source) => !here.includes(source)), []);
});

Deno.test("the page says how to sign in as it is at the moment, and may ask who gives out tokens, and no other", async () => {
  const endpoints = { authorization: "https://a.example/auth", token: "https://b.example/token", algorithms: [] };
  const oidc = { issuer: 'https://a.example/"><script>', clientId: "c", audience: "c", scopes: "openid" };
  let known: typeof endpoints | null = null;
  const pages = studioPages("", () => ({ ways: ["keys", "oidc"], oidc: { ...oidc, endpoints: known } }));
  const page = async () => (await pages(new Request("http://studio/"), "/"))!;
  const before = await page();
  known = endpoints;
  const after = await page();
  assert.notEqual(before.headers.get("etag"), after.headers.get("etag"));
  const connect = (response: Response) =>
    /connect-src ([^;]*)/.exec(response.headers.get("content-security-policy")!)![1];
  assert.deepEqual([connect(before), connect(after)], ["'self'", "'self' https://b.example"]);
  const html = await after.text();
  assert.ok(!html.includes("<script>"));
  const content = /name="sign-in" content="([^"]*)"/.exec(html)![1]!;
  const told = content.replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(code));
  assert.deepEqual(JSON.parse(told), { ways: ["keys", "oidc"], oidc: { ...oidc, endpoints } });
});

Deno.test("every preset has a picture, small and of one shape", async () => {
  for (const name of PRESET_NAMES) {
    const response = (await get(`/studio/presets/${name.toLowerCase()}.jpg`, { "accept-encoding": "gzip" }))!;
    assert.deepEqual([response.headers.get("content-type"), response.headers.get("content-encoding")], [
      "image/jpeg",
      null,
    ]);
    const bytes = await response.bytes();
    assert.ok(bytes.byteLength < 25_000, `${name}: ${bytes.byteLength} bytes`);
    const { width, height } = await inspectImage(bytes, { maxBytes: 1e5, maxPixels: 1e5 });
    assert.deepEqual([width, height], [240, 160], name);
  }
});

Deno.test("the studio's files come compressed where that is understood, and not at all where they are known", async () => {
  const plain = (await get("/studio/studio.js"))!;
  const zipped = (await get("/studio/studio.js", { "accept-encoding": "br, gzip" }))!;
  const body = zipped.body!.pipeThrough(new DecompressionStream("gzip"));
  assert.equal(await new Response(body).text(), await plain.text());
  const again = (await get("/studio/studio.js", { "if-none-match": zipped.headers.get("etag")! }))!;
  assert.equal(again.status, 304);
});

Deno.test("the studio weighs less than 100 kB compressed", async () => {
  const paths = ["/", "/studio/studio.js", "/studio/studio.css", "/studio/icon.svg"];
  const sizes = await Promise.all(paths.map(async (path) => {
    const response = await get(path, { "accept-encoding": "gzip" });
    return (await response!.bytes()).byteLength;
  }));
  const sum = sizes.reduce((total, size) => total + size);
  assert.ok(sum < 100_000, `found ${sum} bytes`);
});

Deno.test("writing to a page of the studio is refused", async () => {
  const answer = await PAGES(new Request("http://studio/", { method: "POST" }), "/");
  assert.equal(answer?.status, 405);
});
