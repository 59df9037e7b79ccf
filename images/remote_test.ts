import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { GramcastError } from "../errors.ts";
import type { RequesterOptions } from "./public_request.ts";
import { fetchImage, ImageFetcher } from "./remote.ts";
import { type ByteServer, serveBytes } from "./testing/serve_bytes.ts";

const LIMITS = { maxBytes: 1000, timeoutMs: 10_000 };
const OK = "HTTP/1.1 200 OK\r\n";

/** Fetches from a server of this machine, which goes by every name of `.example`. */
function fetchFrom(
  server: { readonly port: number },
  path: string,
  options: RequesterOptions & { limits?: typeof LIMITS } = {},
) {
  const { limits = LIMITS, ...rest } = options;
  const fetcher = new ImageFetcher({
    resolve: () => Promise.resolve(["127.0.0.1"]),
    allowsAddress: (address) => address === "127.0.0.1",
    ports: new Set([server.port]),
    ...rest,
  });
  return fetcher.fetch(`http://pictures.example:${server.port}${path}`, limits);
}

async function assertFails(promise: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof GramcastError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\n|127\.0\.0\.1/);
    return true;
  });
}

function redirect(to: string): string {
  return `HTTP/1.1 302 Found\r\nlocation: ${to}\r\ncontent-length: 0\r\n\r\n`;
}

function pathOf(request: string): string {
  return /^GET (\S+) HTTP/.exec(request)![1]!;
}

Deno.test("fetchImage() gives the body, and asks for it uncompressed and by name", async () => {
  await using server = serveBytes(() => [`${OK}content-length: 5\r\n\r\nabcde`]);
  assert.deepEqual(await fetchFrom(server, "/a.png?b=c"), new TextEncoder().encode("abcde"));
  const [request] = server.requests;
  assert.match(request!, /^GET \/a\.png\?b=c HTTP\/1\.1\r\n/);
  assert.match(request!, new RegExp(`^host: pictures\\.example:${server.port}\r$`, "im"));
  assert.match(request!, /^accept-encoding: identity\r$/im);
});

Deno.test("fetchImage() takes a body in chunks, and one that the end of the connection ends", async () => {
  await using chunked = serveBytes(
    () => [`${OK}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n`, "2\r\nde\r\n0\r\n\r\n"],
  );
  assert.equal((await fetchFrom(chunked, "/")).length, 5);
  await using open = serveBytes(() => [`${OK}connection: close\r\n\r\n`, "abcde"]);
  assert.equal((await fetchFrom(open, "/")).length, 5);
});

const WRITTEN_WRONG: readonly [string, RegExp][] = [
  ["no address", /^Cannot fetch picture: found no address, wanted one as https:\/\/example\.org\/picture\.jpg$/],
  ["file:///etc/passwd", /found an address of file:, wanted http: or https:$/],
  ["data:image/png;base64,AA==", /found an address of data:/],
  ["ftp://example.org/a.png", /found an address of ftp:/],
  [
    "https://me:secret@example.org/a.png",
    /^Cannot fetch picture: found an address with a user or password, wanted none$/,
  ],
  ["https://@me:@example.org/a.png", /found an address with a user or password/],
  ["http://example.org:22/", /^Cannot fetch picture: found port 22, wanted one of 80, 443, 8080, 8443$/],
  ["http://example.org:6379/", /found port 6379/],
];
for (const [url, message] of WRITTEN_WRONG) {
  Deno.test(`fetchImage() refuses ${url}`, () => assertFails(fetchImage(url, LIMITS), "BAD_USER_INPUT", message));
}

const INSIDE = [
  "http://127.0.0.1/",
  "http://127.1/",
  "http://2130706433/",
  "http://0x7f.0.0.1/",
  "http://0177.0.0.1/",
  "http://127.0.0.1./",
  "http://0.0.0.0/",
  "http://10.0.0.1:8080/",
  "http://169.254.169.254/latest/meta-data/",
  "http://[::1]/",
  "http://[::]/",
  "http://[::ffff:127.0.0.1]/",
  "http://[::ffff:7f00:1]/",
  "http://[64:ff9b::7f00:1]/",
  "http://[2002:7f00:1::]/",
  "http://[fe80::1]/",
  "http://[fd00::1]/",
  "http://①②⑦.⓪.⓪.①/",
  "http://localhost/",
  "http://nowhere.invalid/",
];
for (const url of INSIDE) {
  Deno.test(`fetchImage() goes nowhere for ${url}`, () =>
    assert.rejects(fetchImage(url, LIMITS), {
      code: "IMAGE_UNREACHABLE",
      message: /found a host that is not on the public network, wanted a public one$/,
    }));
}

Deno.test("fetchImage() refuses a name of which one address is not public", async () => {
  await using server = serveBytes(() => []);
  for (const addresses of [["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"], ["127.0.0.1", "::1"], []]) {
    const resolve = () => Promise.resolve(addresses);
    await assertFails(fetchFrom(server, "/", { resolve }), "IMAGE_UNREACHABLE", /not on the public network/);
  }
  assert.deepEqual(server.requests, []);
});

Deno.test("fetchImage() tries the next address when one does not answer", async () => {
  await using server = serveBytes(() => [`${OK}content-length: 1\r\n\r\na`]);
  const bytes = await fetchFrom(server, "/", {
    resolve: () => Promise.resolve(["127.0.0.2", "127.0.0.1"]),
    allowsAddress: () => true,
  });
  assert.equal(bytes.length, 1);
});

Deno.test("fetchImage() connects to the address that was checked, though the name leads elsewhere a moment later", async () => {
  await using server = serveBytes(() => [`${OK}content-length: 1\r\n\r\na`]);
  await using inside = serveBytes(() => [`${OK}content-length: 6\r\n\r\nsecret`]);
  let asked = 0;
  const bytes = await new ImageFetcher({
    resolve: () => Promise.resolve(asked++ === 0 ? ["127.0.0.1"] : ["127.0.0.3"]),
    allowsAddress: (address) => address === "127.0.0.1",
    ports: new Set([server.port, inside.port]),
  }).fetch(`http://rebinding.example:${server.port}/`, LIMITS);
  assert.equal(bytes.length, 1);
  assert.equal(asked, 1);
  assert.deepEqual(inside.requests, []);
});

Deno.test("fetchImage() follows redirects, relative ones and those to other names too", async () => {
  await using server: ByteServer = serveBytes((request) => {
    switch (pathOf(request)) {
      case "/a/1":
        return [redirect("2")];
      case "/a/2":
        return [redirect("//others.example:PORT/3".replace("PORT", String(server.port)))];
      default:
        return [`${OK}content-length: 1\r\n\r\na`];
    }
  });
  assert.equal((await fetchFrom(server, "/a/1")).length, 1);
  assert.deepEqual(server.requests.map(pathOf), ["/a/1", "/a/2", "/3"]);
  assert.match(server.requests[2]!, /^host: others\.example/im);
});

Deno.test("fetchImage() follows five redirects and no sixth", async () => {
  await using server = serveBytes((request) => {
    const left = Number(pathOf(request).slice(1));
    return [left === 0 ? `${OK}content-length: 1\r\n\r\na` : redirect(`/${left - 1}`)];
  });
  assert.equal((await fetchFrom(server, "/5")).length, 1);
  await assertFails(fetchFrom(server, "/6"), "IMAGE_UNREACHABLE", /found more than 5 redirects, wanted the picture$/);
  await using loop = serveBytes(() => [redirect("/")]);
  await assertFails(fetchFrom(loop, "/"), "IMAGE_UNREACHABLE", /more than 5 redirects/);
});

Deno.test("fetchImage() checks where a redirect leads as it checked the first address", async () => {
  const resolve = (host: string) => Promise.resolve([host === "inside.example" ? "10.0.0.1" : "127.0.0.1"]);
  const targets: readonly [string, RegExp][] = [
    ["http://inside.example:PORT/", /not on the public network/],
    ["http://10.0.0.1:PORT/", /not on the public network/],
    ["http://[::1]:PORT/", /not on the public network/],
    ["http://inside.example:22/", /found a redirect to an address that may not be asked$/],
    ["http://a:b@pictures.example:PORT/", /found a redirect to an address that may not be asked$/],
    ["file:///etc/passwd", /found a redirect to an address that may not be asked$/],
    ["http://", /found a redirect to an address that may not be asked$/],
  ];
  for (const [target, message] of targets) {
    await using server: ByteServer = serveBytes(() => [redirect(target.replace("PORT", String(server.port)))]);
    await assert.rejects(fetchFrom(server, "/", { resolve }), (error) => {
      assert.ok(error instanceof GramcastError);
      assert.equal(error.code, "IMAGE_UNREACHABLE");
      assert.match(error.message, /^Cannot fetch picture from pictures\.example:\d+: found /);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /inside|10\.0|::1|passwd/);
      return true;
    });
    assert.equal(server.requests.length, 1);
  }
});

const ANSWERS: readonly [string, string[], string, RegExp][] = [
  [
    "404",
    ["HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"],
    "IMAGE_UNREACHABLE",
    /found status 404, wanted 200$/,
  ],
  [
    "a redirect to nowhere",
    ["HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n"],
    "IMAGE_UNREACHABLE",
    /found status 302/,
  ],
  [
    "part of the picture",
    ["HTTP/1.1 206 Partial Content\r\ncontent-length: 1\r\n\r\na"],
    "IMAGE_UNREACHABLE",
    /status 206/,
  ],
  [
    "no HTTP at all",
    ["SSH-2.0-OpenSSH_9.2\r\n"],
    "IMAGE_UNREACHABLE",
    /found a connection that failed, wanted the picture$/,
  ],
  ["nothing", [], "IMAGE_UNREACHABLE", /a connection that failed/],
  [
    "a size above the limit",
    [`${OK}content-length: 1001\r\n\r\n`],
    "IMAGE_TOO_LARGE",
    /found 1001 bytes, wanted at most 1000 bytes$/,
  ],
  ["a size that is no number", [`${OK}content-length: many\r\n\r\nabc`], "IMAGE_UNREACHABLE", /found/],
  ["less than it said", [`${OK}content-length: 10\r\n\r\nabc`], "IMAGE_UNREACHABLE", /found/],
  ["chunks without an end", [`${OK}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n`], "IMAGE_UNREACHABLE", /found/],
];
for (const [title, answer, code, message] of ANSWERS) {
  Deno.test(`fetchImage() refuses ${title}`, async () => {
    await using server = serveBytes(() => answer);
    await assertFails(fetchFrom(server, "/"), code, message);
  });
}

Deno.test("fetchImage() reads no further than a server said, and never more than the limit", async () => {
  await using liar = serveBytes(() => [`${OK}content-length: 3\r\n\r\nabcdefgh`]);
  assert.equal((await fetchFrom(liar, "/")).length, 3);
  await using exact = serveBytes(() => [`${OK}content-length: 1000\r\n\r\n${"a".repeat(1000)}`]);
  assert.equal((await fetchFrom(exact, "/")).length, 1000);
});

for (
  const [framing, piece] of [["connection: close\r\n\r\n", "abcdef"], [
    "transfer-encoding: chunked\r\n\r\n",
    "6\r\nabcdef\r\n",
  ]] as const
) {
  Deno.test(`fetchImage() stops reading a body without end (${framing.trim()})`, async () => {
    await using server = serveBytes(function* () {
      yield OK + framing;
      for (;;) yield piece.repeat(100);
    });
    await assertFails(
      fetchFrom(server, "/"),
      "IMAGE_TOO_LARGE",
      /^Cannot fetch picture: found more, wanted at most 1000 bytes$/,
    );
  });
}

Deno.test("fetchImage() never unpacks: a compressed answer is refused, not read", async () => {
  const bomb = new Uint8Array(gzipSync(new Uint8Array(10_000_000)));
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response(bomb, { headers: { "content-encoding": "gzip" } }),
  );
  const limits = { ...LIMITS, maxBytes: 20_000_000 };
  await assertFails(
    fetchFrom(server.addr, "/", { limits }),
    "IMAGE_UNREACHABLE",
    /found a compressed answer, wanted the picture as it is$/,
  );
});

/** Where a server can keep others waiting. */
const DELAYS: readonly [string, string[]][] = [
  ["before the head", []],
  ["within the head", [OK, "x-one: 1\r\n"]],
  ["before the body", [`${OK}content-length: 5\r\n\r\n`]],
  ["within the body", [`${OK}content-length: 5\r\n\r\n`, "abc"]],
  ["after a promise of an answer", ["HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"]],
  ["within a chunk's length", [`${OK}transfer-encoding: chunked\r\n\r\n5`]],
  ["within the trailers", [`${OK}transfer-encoding: chunked\r\n\r\n0\r\na: b\r\n`]],
];
for (const [where, pieces] of DELAYS) {
  Deno.test(`fetchImage() gives up a server that waits ${where}`, async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    await using server = serveBytes(async function* () {
      yield* pieces;
      await released;
    });
    const limits = { ...LIMITS, timeoutMs: 100 };
    await assertFails(
      fetchFrom(server, "/", { limits }),
      "IMAGE_UNREACHABLE",
      /found no complete answer, wanted one within 0\.1 seconds$/,
    );
    release();
  });
}

Deno.test("fetchImage() gives up a body that comes drop by drop, and a resolver that does not answer", async () => {
  await using server = serveBytes(async function* () {
    yield `${OK}content-length: 900\r\n\r\n`;
    for (;;) {
      yield "a";
      await new Promise((next) => setTimeout(next, 10));
    }
  });
  const limits = { ...LIMITS, timeoutMs: 100 };
  await assertFails(fetchFrom(server, "/", { limits }), "IMAGE_UNREACHABLE", /no complete answer/);
  const resolve = () => new Promise<string[]>(() => {});
  await assertFails(fetchFrom(server, "/", { limits, resolve }), "IMAGE_UNREACHABLE", /no complete answer/);
});

const SWITCHED = "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n";

Deno.test("fetchImage() does not change to another protocol, and waits for none", async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await using server = serveBytes(async function* () {
    yield SWITCHED;
    await released;
  });
  await assertFails(fetchFrom(server, "/"), "IMAGE_UNREACHABLE", /found status 101, wanted 200$/);
  release();
});

/** What a server can send for ever around a body. */
const ENDLESS: readonly [what: string, head: string, piece: string, code: string, found: RegExp][] = [
  ["hints", "", "HTTP/1.1 103 Early Hints\r\n\r\n", "IMAGE_TOO_LARGE", /found more, wanted at most 1000 bytes$/],
  [
    "a chunk's length",
    `${OK}transfer-encoding: chunked\r\n\r\n1;`,
    "a".repeat(6),
    "IMAGE_TOO_LARGE",
    /found more, wanted at most 1000 bytes$/,
  ],
  [
    "trailers",
    `${OK}transfer-encoding: chunked\r\n\r\n0\r\n`,
    "a: b\r\n",
    "IMAGE_UNREACHABLE",
    /found a connection that failed, wanted the picture$/,
  ],
];
for (const [what, head, piece, code, found] of ENDLESS) {
  Deno.test(`fetchImage() reads no more than it may of a server that sends ${what} without end`, async () => {
    await using server = serveBytes(async function* () {
      yield head;
      for (;;) {
        yield piece.repeat(100);
        await new Promise((next) => setTimeout(next));
      }
    });
    await assertFails(fetchFrom(server, "/"), code, found);
  });
}

Deno.test("fetchImage() bounds the head of an answer", async () => {
  await using server = serveBytes(function* () {
    yield OK;
    for (let i = 0;; i++) yield `x-${i}: ${"a".repeat(1000)}\r\n`;
  });
  await assertFails(fetchFrom(server, "/"), "IMAGE_UNREACHABLE", /found a connection that failed/);
});

/**
 * `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out certificate.pem
 * -days 36500 -subj /CN=pictures.example -addext subjectAltName=DNS:pictures.example`
 */
const [ca, key] = ["certificate.pem", "key.pem"].map((name) =>
  Deno.readTextFileSync(new URL(`../tests/fixtures/tls/${name}`, import.meta.url))
) as [string, string];

Deno.test("fetchImage() wants a certificate for the name that was given, not for the address", async () => {
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", cert: ca, key, onListen() {} },
    () => new Response("abc"),
  );
  const { port } = server.addr;
  const options = { resolve: () => Promise.resolve(["127.0.0.1"]), allowsAddress: () => true, ports: new Set([port]) };
  const trusting = new ImageFetcher({ ...options, ca });
  assert.equal((await trusting.fetch(`https://pictures.example:${port}/`, LIMITS)).length, 3);
  const failed = /found a connection that failed/;
  await assertFails(trusting.fetch(`https://others.example:${port}/`, LIMITS), "IMAGE_UNREACHABLE", failed);
  const strict = new ImageFetcher(options);
  await assertFails(strict.fetch(`https://pictures.example:${port}/`, LIMITS), "IMAGE_UNREACHABLE", failed);
});
