import assert from "node:assert/strict";
import { Server } from "node:net";
import { TINY_PNG } from "../schema/testing/api_stage.ts";
import { CONNECTION_LIMITS, type ConnectionLimits } from "./listener.ts";
import type { ServerOptions } from "./server.ts";
import { type FakeServer, serveFake } from "./testing/serve_fake.ts";

/** Deadlines that a test need not wait for long. */
const QUICK: Partial<ConnectionLimits> = { headersMs: 200, requestMs: 400, idleMs: 200, stallMs: 200 };

function serveWith(limits: Partial<ConnectionLimits>, options: Partial<ServerOptions> = {}): Promise<FakeServer> {
  return serveFake({ ...options, connectionLimits: { ...CONNECTION_LIMITS, ...limits } });
}

/** Resolves when `condition` holds; looks again after everything that is due has run. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

async function connect({ url }: FakeServer, text = ""): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
  await write(connection, new TextEncoder().encode(text));
  return connection;
}

/** Writes all of it, as far as the server takes it. */
async function write(connection: Deno.TcpConn, bytes: Uint8Array): Promise<boolean> {
  try {
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at, at + 2 ** 16));
    return true;
  } catch {
    return false;
  }
}

/** Everything that comes until the server closes. */
async function rest(connection: Deno.TcpConn): Promise<string> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const buffer = new Uint8Array(2 ** 16);
  try {
    for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
      pieces.push(buffer.slice(0, n));
    }
  } catch {
    // Reset: closed as well.
  }
  connection.close();
  return await new Blob(pieces).text();
}

const HEADERS = "Host: 127.0.0.1\r\n";
const JSON_BODY = `POST /graphql HTTP/1.1\r\n${HEADERS}Content-Type: application/json\r\n`;
const MULTIPART = `POST /graphql HTTP/1.1\r\n${HEADERS}Content-Type: multipart/form-data; boundary=b\r\n`;
const KEPT_WAITING: [name: string, sent: string, answer: RegExp][] = [
  ["that sends nothing", "", /^(HTTP\/1.1 408 |$)/],
  ["that sends half a header", `GET /health HTTP/1.1\r\n${HEADERS}X-A: a`, /^HTTP\/1.1 408 /],
  ["that sends half of a JSON body", `${JSON_BODY}Content-Length: 100\r\n\r\n{"query":`, /^(HTTP\/1.1 408 |$)/],
  [
    "that stops in the middle of an upload",
    `${MULTIPART}Content-Length: 9999\r\n\r\n--b\r\nContent-Disposition: form-data; name="0"; filename="f"\r\n\r\nGIF`,
    /^(HTTP\/1.1 408 |$)/,
  ],
  ["that asks once and stays", `GET /health HTTP/1.1\r\n${HEADERS}\r\n`, /^HTTP\/1.1 200 [^]*"ok"/],
];
for (const [name, sent, answer] of KEPT_WAITING) {
  Deno.test(`a connection ${name} is closed, and nothing of it is left`, async () => {
    await using fake = await serveWith(QUICK);
    const connection = await connect(fake, sent);
    assert.match(await rest(connection), answer);
    await until(() => fake.server.connections === 0);
    assert.equal(fake.server.heldBytes, 0);
    assert.deepEqual(fake.log, []);
  });
}

Deno.test("a body that trickles in is no progress", async () => {
  await using fake = await serveWith({ ...QUICK, requestMs: 300_000 });
  const connection = await connect(fake, `${JSON_BODY}Content-Length: 1000000\r\n\r\n{"query":"`);
  const trickle = setInterval(() => void write(connection, new Uint8Array([97])), 20);
  await rest(connection);
  clearInterval(trickle);
  await until(() => fake.server.connections === 0);
});

/** An answer of so many bytes, as GraphQL gives one, in place of that of `/`. */
function pageOf(bytes: number): Partial<ServerOptions> {
  return { pages: () => new Response(new Uint8Array(bytes)) };
}

Deno.test("a reader that never reads is given up, and what was held for it is free", async () => {
  const bytes = 2 ** 25;
  await using fake = await serveWith(QUICK, pageOf(bytes));
  const connection = await connect(fake, `GET / HTTP/1.1\r\n${HEADERS}\r\n`);
  await until(() => fake.server.spooledBytes === bytes);
  await until(() => fake.server.connections === 0);
  await until(() => fake.server.spooledBytes === 0);
  assert.equal(fake.server.heldBytes, 0);
  connection.close();
});

Deno.test("readers who never read hold nothing in memory, and keep nobody else from reading", async () => {
  const bytes = 2 ** 22;
  await using fake = await serveWith({ maxHeldBytes: 2 ** 20 }, pageOf(bytes));
  const stalled = await Promise.all(
    Array.from({ length: 10 }, () => connect(fake, `GET / HTTP/1.1\r\n${HEADERS}\r\n`)),
  );
  await until(() => fake.server.spooledBytes === 10 * bytes);
  const honest = await fetch(fake.url);
  assert.deepEqual([honest.status, (await honest.bytes()).length], [200, bytes]);
  assert.equal(fake.server.heldBytes, 0);
  for (const connection of stalled) connection.close();
  await until(() => fake.server.spooledBytes === 0);
});

Deno.test("a picture is read while it is sent, as fast as it is taken", async () => {
  await using fake = await serveWith({ maxHeldBytes: 2 ** 20, maxSpooledBytes: 2 ** 20 });
  const id = await fake.services.upload(TINY_PNG);
  let asked = 0;
  fake.services.ports.images.stream = () =>
    Promise.resolve(
      new ReadableStream({
        pull(controller) {
          if (++asked > 1000) controller.close();
          else controller.enqueue(new Uint8Array(2 ** 16));
        },
      }, { highWaterMark: 0 }),
    );
  const stalled = await connect(fake, `GET /images/${id} HTTP/1.1\r\n${HEADERS}\r\n`);
  await until(() => asked > 0);
  // Two answers later it would have been sent, if nothing held it up.
  for (let i = 0; i < 2; i++) await (await fetch(`${fake.url}/health`)).bytes();
  assert.ok(asked < 1000, `${asked} pieces were read`);
  assert.deepEqual([fake.server.heldBytes, fake.server.spooledBytes], [0, 0]);
  stalled.close();
});

Deno.test("what does not fit beside what is held is refused, and fits when that is gone", async () => {
  await using fake = await serveWith({ maxHeldBytes: 2 ** 20 });
  const piece = new Uint8Array(800_000).fill(0x20);
  const held = await connect(fake, `${JSON_BODY}Content-Length: 1000000\r\n\r\n`);
  await write(held, piece);
  await until(() => fake.server.heldBytes === piece.length);
  const post = () =>
    fetch(`${fake.url}/graphql`, { method: "POST", headers: { "content-type": "application/json" }, body: piece });
  const refused = await post();
  assert.equal(refused.status, 503);
  assert.equal((await refused.json()).errors[0].extensions.code, "RATE_LIMITED");
  assert.equal((await fetch(`${fake.url}/health`).then((response) => response.json())).status, "ok");
  held.close();
  await until(() => fake.server.heldBytes === 0);
  // All spaces: read, and no JSON.
  const read = await post();
  assert.equal(read.status, 400);
  await read.body?.cancel();
});

Deno.test("an answer that does not fit beside what is held is refused with 503", async () => {
  for (
    const [limits, bytes] of [[{ maxHeldBytes: 2 ** 19 }, 2 ** 20], [{ maxSpooledBytes: 2 ** 20 }, 2 ** 21]] as const
  ) {
    await using fake = await serveWith(limits, pageOf(bytes));
    const response = await fetch(fake.url);
    assert.deepEqual([response.status, response.headers.get("retry-after")], [503, "2"]);
    assert.equal((await response.json()).errors[0].extensions.code, "RATE_LIMITED");
    await until(() => fake.server.heldBytes + fake.server.spooledBytes === 0);
  }
});

const UPLOAD_HEAD = '--b\r\nContent-Disposition: form-data; name="0"; filename="f"\r\n\r\n';

Deno.test("an upload waits on the disk, and what waits there is bounded", async () => {
  const limits = { ...CONNECTION_LIMITS, maxHeldBytes: 2 ** 20, maxSpooledBytes: 2 ** 22 };
  await using fake = await serveFake({ connectionLimits: limits }, { config: { maxImageBytes: 2 ** 20 } });
  const bytes = 800_000;
  const hold = async () => {
    const held = await connect(fake, `${MULTIPART}Content-Length: 1000000\r\n\r\n${UPLOAD_HEAD}`);
    assert.ok(await write(held, new Uint8Array(bytes)));
    return held;
  };
  const held = [];
  for (let i = 1; i <= 5; i++) {
    held.push(await hold());
    await until(() => fake.server.spooledBytes > i * bytes - 100);
  }
  assert.ok(fake.server.heldBytes < 2 ** 16, `${fake.server.heldBytes} bytes in memory`);
  const refused = await hold();
  const answer = new Uint8Array(12);
  await refused.read(answer);
  assert.equal(new TextDecoder().decode(answer), "HTTP/1.1 503");
  for (const connection of [...held, refused]) connection.close();
  await until(() => fake.server.spooledBytes + fake.server.heldBytes === 0);
});

Deno.test("when all connections are taken the one that is idle for longest goes, and none that is at work", async () => {
  await using fake = await serveWith({ maxConnections: 2 });
  const working = await connect(fake, `${JSON_BODY}Content-Length: 100\r\n\r\n{`);
  await until(() => fake.server.heldBytes === 1);
  const idle = await connect(fake);
  await until(() => fake.server.connections === 2);
  const third = await connect(fake, `GET /health HTTP/1.1\r\n${HEADERS}Connection: close\r\n\r\n`);
  assert.match(await rest(third), /"ok"/);
  assert.equal(await rest(idle), "");
  const second = await connect(fake, `${JSON_BODY}Content-Length: 100\r\n\r\n{`);
  await until(() => fake.server.heldBytes === 2);
  assert.equal(await rest(await connect(fake)), "");
  working.close();
  second.close();
  await until(() => fake.server.connections === 0);
});

Deno.test("a server that cannot listen anew after a burst tries again until it can", async () => {
  await using fake = await serveWith({ maxConnections: 2, stallMs: 80 });
  const listen = Server.prototype.listen;
  let failures = 0;
  Server.prototype.listen = function (...args: unknown[]) {
    if (failures === 2) return Reflect.apply(listen, this, args);
    failures++;
    queueMicrotask(() => this.emit("error", Object.assign(new Error("no descriptor"), { code: "EMFILE" })));
    return this;
  };
  try {
    for (const connection of await Promise.all([1, 2, 3].map(() => connect(fake)))) connection.close();
    await until(() => failures === 2);
    let answered = false;
    while (!answered) {
      answered = await fetch(`${fake.url}/health`).then(({ ok, body }) => (body?.cancel(), ok), () => false);
    }
    assert.equal(fake.log.filter((line) => line.includes("no descriptor")).length, 2);
  } finally {
    Server.prototype.listen = listen;
  }
});

Deno.test("a connection that sends request upon request without waiting is closed", async () => {
  await using fake = await serveWith({ maxPipelined: 4 });
  const connection = await connect(fake, `GET /ready HTTP/1.1\r\n${HEADERS}\r\n`.repeat(50));
  const answers = (await rest(connection)).split("HTTP/1.1 200").length - 1;
  assert.ok(answers <= 4, `${answers} answers`);
  await until(() => fake.server.connections === 0);
});

Deno.test("answers that wait behind another end with their connection, too", async () => {
  await using fake = await serveWith({});
  const picture = await fake.services.upload(TINY_PNG);
  fake.services.ports.images.read = () => Promise.resolve(new Uint8Array(2 ** 20));
  const id = await fake.start({ steps: 5 });
  const body = JSON.stringify({ query: `subscription { transferProgress(id: "${id}") { step } }` });
  const subscribe = `${JSON_BODY}Accept: text/event-stream\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const read = `GET /images/${picture} HTTP/1.1\r\n${HEADERS}\r\n`;
  const connection = await connect(fake, subscribe + read + subscribe + read);
  await until(() => fake.services.watchers === 2 && fake.server.heldBytes > 2 ** 21);
  connection.close();
  await until(() => fake.services.watchers === 0);
  await until(() => fake.server.heldBytes === 0);
});

const UPGRADE = `GET /graphql HTTP/1.1\r\n${HEADERS}Upgrade: websocket\r\nConnection: Upgrade\r\n` +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n";

Deno.test("upgrades that are broken off are not counted", async () => {
  await using fake = await serveWith({});
  for (let i = 0; i < 50; i++) {
    const connection = await connect(fake, `${UPGRADE}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
    if (i % 2 === 0) await connection.read(new Uint8Array(4096));
    connection.close();
  }
  await until(() => fake.server.connections === 0);
  assert.deepEqual([fake.server.sockets, fake.server.heldBytes], [0, 0]);
});

const ODD: [name: string, request: string, answer: RegExp][] = [
  ["a handshake without a key", `${UPGRADE}\r\n`, /^HTTP\/1.1 400 /],
  [
    "a handshake of another version",
    `${UPGRADE.replace("13", "7")}Sec-WebSocket-Key: eA==\r\n\r\n`,
    /^HTTP\/1.1 4\d\d /,
  ],
  [
    "HTTP/2 offered in passing",
    `GET /health HTTP/1.1\r\n${HEADERS}Connection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n`,
    /"ok"/,
  ],
  ["a host that is none", "GET /health HTTP/1.1\r\nHost: a b/c\r\n\r\n", /^HTTP\/1.1 400 /],
  ["a path that is none", `OPTIONS * HTTP/1.1\r\n${HEADERS}\r\n`, /^HTTP\/1.1 400 /],
  ["bytes that are no request", "\0\x01\x02\r\n\r\n", /^HTTP\/1.1 400 /],
  ["headers without end", `GET /health HTTP/1.1\r\n${HEADERS}X: ${"a".repeat(70_000)}\r\n\r\n`, /^HTTP\/1.1 431 /],
  ["a method for tunnels", `CONNECT 127.0.0.1:1 HTTP/1.1\r\n${HEADERS}\r\n`, /^(HTTP\/1.1 4\d\d |$)/],
  ["a method that browsers forbid", `TRACE / HTTP/1.1\r\n${HEADERS}\r\n`, /^HTTP\/1.1 4\d\d /],
];
for (const [name, request, answer] of ODD) {
  Deno.test(`${name}: answered as the client's doing`, async () => {
    await using fake = await serveWith({ idleMs: 200 });
    assert.match(await rest(await connect(fake, request)), answer);
    await until(() => fake.server.connections === 0);
    assert.deepEqual(fake.log, []);
  });
}
