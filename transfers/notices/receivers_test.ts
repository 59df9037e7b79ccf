import assert from "node:assert/strict";
import type { RequesterOptions } from "../../images/public_request.ts";
import { type ByteServer, serveBytes } from "../../images/testing/serve_bytes.ts";
import { type Answer, PublicReceivers } from "./receivers.ts";

const OK = "HTTP/1.1 200 OK\r\n";
const NEVER = new AbortController().signal;

/** Posts to a server of this machine, which goes by the name of a public one. */
function postTo(
  { port }: ByteServer,
  options: RequesterOptions & { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<Answer> {
  const { timeoutMs = 10_000, signal = NEVER, ...rest } = options;
  const receivers = new PublicReceivers({
    resolve: () => Promise.resolve(["127.0.0.1"]),
    allowsAddress: (address) => address === "127.0.0.1",
    ports: new Set([port]),
    ...rest,
  }, timeoutMs);
  return receivers.post(`http://receiver.example:${port}/hook?a=b`, { "webhook-id": "d" }, `{"ä":1}`, signal);
}

Deno.test("post() sends the body whole and by name, and tells the status", async () => {
  await using server = serveBytes(() => [`${OK}content-length: 2\r\n\r\nok`]);
  assert.deepEqual(await postTo(server), { status: 200, retryAfter: undefined, failure: null });
  const [request] = server.requests;
  assert.match(request!, /^POST \/hook\?a=b HTTP\/1\.1\r\n/);
  for (
    const header of [
      `host: receiver.example:${server.port}`,
      "content-type: application/json",
      "content-length: 8",
      "webhook-id: d",
      "user-agent: gramcast",
    ]
  ) assert.ok(request!.toLowerCase().includes(`\r\n${header}\r\n`), header);
  assert.ok(request!.endsWith(`\r\n\r\n{"ä":1}`));
});

Deno.test("post() follows no redirect", async () => {
  await using server = serveBytes(() => ["HTTP/1.1 302 Found\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n"]);
  assert.equal((await postTo(server)).status, 302);
  assert.equal(server.requests.length, 1);
});

Deno.test("post() tells what Retry-After says", async () => {
  await using server = serveBytes(
    () => ["HTTP/1.1 503 Busy\r\nretry-after: 120\r\ncontent-length: 0\r\n\r\n"],
  );
  assert.deepEqual(await postTo(server), { status: 503, retryAfter: "120", failure: null });
});

Deno.test("post() takes the status as said, whatever comes after it", async () => {
  await using endless = serveBytes(function* () {
    yield `${OK}connection: close\r\n\r\n`;
    for (;;) yield "a".repeat(1000);
  });
  assert.equal((await postTo(endless)).status, 200);
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await using slow = serveBytes(async function* () {
    yield `${OK}content-length: 5\r\n\r\nabc`;
    await released;
  });
  assert.equal((await postTo(slow, { timeoutMs: 100 })).status, 200);
  release();
  await using cut = serveBytes(() => [`${OK}content-length: 5\r\n\r\nabc`]);
  assert.equal((await postTo(cut)).status, 200);
});

Deno.test("post() gives up a receiver that does not answer, and one that is cut off", async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await using silent = serveBytes(async function* () {
    yield OK;
    await released;
  });
  const { status, failure } = await postTo(silent, { timeoutMs: 100 });
  assert.deepEqual([status, failure], [null, "no answer, wanted one within 0.1 seconds"]);
  release();
  await using closing = serveBytes(() => []);
  assert.equal((await postTo(closing)).failure, "a connection that failed, wanted an answer");
  await using hints = serveBytes(async function* () {
    for (;;) {
      yield "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100);
      await new Promise((next) => setTimeout(next));
    }
  });
  assert.equal((await postTo(hints)).failure, "more than 4096 bytes of an answer, wanted a short one");
});

Deno.test("post() ends when it is told to", async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const stop = new AbortController();
  await using silent = serveBytes(async function* () {
    stop.abort(new Error("stopped"));
    yield OK;
    await released;
  });
  await assert.rejects(postTo(silent, { signal: stop.signal }), /stopped/);
  release();
});

Deno.test("post() goes nowhere for a name that leads inside, and does not say where that is", async () => {
  await using server = serveBytes(() => [OK]);
  const { status, failure } = await postTo(server, { resolve: () => Promise.resolve(["192.0.2.1", "10.0.0.1"]) });
  assert.deepEqual([status, failure], [null, "a host that is not on the public network, wanted a public one"]);
  assert.equal(server.requests.length, 0);
});

Deno.test("faultOf() refuses what is written wrong or leads inside", () => {
  const receivers = new PublicReceivers();
  const faults: [string, RegExp | undefined][] = [
    ["https://example.org/hook", undefined],
    ["http://example.org:8080/", undefined],
    ["hook", /^found no address, wanted one as https:\/\/example\.org\/gramcast$/],
    ["ftp://example.org/", /^found an address of ftp:/],
    ["https://me:secret@example.org/", /^found an address with a user or password/],
    ["http://example.org:3000/", /^found port 3000, wanted one of 80, 443, 8080, 8443$/],
    ["http://127.0.0.1/", /^found an address that is not on the public network/],
    ["http://[::1]/", /not on the public network/],
    ["http://2130706433/", /not on the public network/],
  ];
  for (const [url, fault] of faults) {
    if (fault === undefined) assert.equal(receivers.faultOf(url), undefined);
    else assert.match(receivers.faultOf(url)!, fault);
  }
  const inside = new PublicReceivers({ allowsAddress: () => true, ports: null });
  assert.equal(inside.faultOf("http://127.0.0.1:3000/"), undefined);
});
