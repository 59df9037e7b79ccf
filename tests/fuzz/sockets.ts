/**
 * What a stranger might send to where WebSockets are: broken handshakes, broken frames, messages in any order, cut at any
 * byte, read or not. Each connection has to end as the protocols say, and to leave nothing behind.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { RawSocket } from "../../server/testing/raw_socket.ts";
import { type FakeServer, serveFake } from "../../server/testing/serve_fake.ts";
import { connectPlain, controlFrame, frame, handshakeRequest, writeAll } from "../../server/testing/wire.ts";
import { WEBSOCKET_LIMITS } from "../../server/websocket.ts";
import { inTime, until } from "../testing/in_time.ts";
import { assertTellsNothing } from "./leaks.ts";
import { joined } from "./bytes.ts";

/** Where the server is, for what a handshake says; it does not look at the port. */
const HERE = "http://127.0.0.1";
const LINES = [
  "POST /graphql HTTP/1.1",
  "GET /graphql HTTP/1.0",
  "GET /graphql HTTP/9.9",
  "GET /images/x HTTP/1.1",
  "GET // HTTP/1.1",
  "GET http://evil.example/graphql HTTP/1.1",
  "GET /graphql?\0 HTTP/1.1",
  "OPTIONS * HTTP/1.1",
  "CONNECT a:1 HTTP/1.1",
  "PRI * HTTP/2.0",
  "GET",
  "",
];
const HEADERS: [name: string, values: string[]][] = [
  ["Sec-WebSocket-Key", ["", "short", "x".repeat(5000), "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=="]],
  ["Sec-WebSocket-Version", ["", "8", "13, 8", "-1", "x"]],
  ["Sec-WebSocket-Protocol", ["", ",,", "graphql-ws", "graphql-ws, graphql-transport-ws", "\x01", "a".repeat(9000)]],
  ["Sec-WebSocket-Extensions", [
    "permessage-deflate; client_max_window_bits=99",
    "permessage-deflate,".repeat(500),
    ";",
  ]],
  ["Upgrade", ["", "h2c", "websocket, h2c", "WebSocket"]],
  ["Connection", ["", "close", "keep-alive, Upgrade", "Upgrade, Upgrade"]],
  ["Host", ["", "evil.example", "a:b:c", "[::1", "127.0.0.1:99999"]],
  ["Origin", ["https://evil.example", "null", "x"]],
  ["Content-Length", ["5", "-1", "99999999999999999999"]],
  ["Transfer-Encoding", ["chunked", "gzip, chunked"]],
  ["Expect", ["100-continue", "x"]],
  ["Cookie", ["x".repeat(40_000)]],
  ["X\0", ["x"]],
];
const START = 'content: { sample: "content" }, styles: [{ image: { sample: "style" } }], size: 64, steps: 5';
const SUBSCRIPTION = 'subscription { transferProgress(id: "newest") { sequence step status } }';
const QUERIES = [
  "{ engine { device } }",
  SUBSCRIPTION,
  "{ nope }",
  "{",
  "",
  "mutation { deleteTransfer(id: 1) { id } }",
];
/** With which clients close: the server says the same in return. */
const CODES = [0, 999, 1000, 1004, 1005, 1006, 1015, 2999, 4999, 65_535];
/** With which a server closes that has a bug. */
const BUGS = [1011, 4500];

/** What comes over one connection. */
export interface Visit {
  readonly handshake: Handshake;
  readonly frames: readonly Uint8Array[];
  /** Whether the frames wait for the answer to the handshake. */
  readonly polite: boolean;
  /** Bytes after which the client leaves; none where it says goodbye and waits for the server's. */
  readonly cut: number | null;
  readonly reads: boolean;
}

interface Handshake {
  readonly bytes: Uint8Array;
  /** Whether nothing is wrong with it. */
  readonly right: boolean;
}

/** Makes `count` connections from `seed`. @throws For the first that ends as it must not. */
export async function fuzzSockets(seed: number, count: number): Promise<void> {
  const webSocketLimits = { ...WEBSOCKET_LIMITS, highWater: 2 ** 16, beatMs: 200 };
  await using fake = await serveFake({ webSocketLimits });
  await ask(fake, `mutation { startTransfer(input: { ${START} }) { transfer { id } } }`);
  await fake.services.step(2);
  await fc.assert(fc.asyncProperty(visits, (visit) => inTime(pay(fake.url, visit))), { seed, numRuns: count });
  const { server, services } = fake;
  const held = () => server.connections + server.sockets + server.heldBytes + services.watchers;
  await inTime(until(() => held() === 0));
  assert.deepEqual(fake.log, []);
  assert.deepEqual(await ask(fake, "{ engine { device } }"), { data: { engine: { device: "cpu" } } });
}

/** The answer to somebody who is no stranger. */
async function ask({ url }: FakeServer, query: string): Promise<unknown> {
  const socket = await RawSocket.connect(url);
  await socket.init();
  socket.send({ id: "a", type: "subscribe", payload: { query } });
  const { payload } = await socket.receive();
  await socket.close();
  return payload;
}

/**
 * Comes, and looks at how it is taken.
 *
 * @param authorization What stands in the handshake, where anything does.
 * @throws When that is not as it must be.
 */
export async function pay(url: string, visit: Visit, authorization: string | null = null): Promise<void> {
  const { frames, polite, cut, reads } = visit;
  const handshake = authorization === null ? visit.handshake : withHeader(visit.handshake, authorization);
  using connection = await connectPlain(url);
  const all = joined(handshake.bytes, ...frames, ...(cut === null ? [controlFrame(8, Uint8Array.of(3, 232))] : []));
  const sent = cut === null ? all : all.subarray(0, cut);
  const whole = handshake.right && sent.length >= handshake.bytes.length;
  // Somebody who neither reads nor says goodbye goes away with whatever has been sent to them.
  if (!reads && cut !== null) return await send(connection, sent);
  const answer = { bytes: new Uint8Array(0) };
  const greeted = Promise.withResolvers<void>();
  const heard = read(connection, answer, greeted.resolve);
  if (polite) {
    await send(connection, sent.subarray(0, handshake.bytes.length));
    if (whole) await greeted.promise;
    await send(connection, sent.subarray(handshake.bytes.length));
  } else {
    await send(connection, sent);
  }
  await connection.closeWrite().catch(() => {});
  await heard;
  check(answer.bytes, whole);
}

/** A handshake with one more header, before the empty line that ends it; cut off ones stay as they are. */
function withHeader({ bytes, right }: Handshake, authorization: string): Handshake {
  const end = bytes.length - 2;
  if (bytes[end] !== 13 || bytes[end + 1] !== 10) return { bytes, right };
  const header = new TextEncoder().encode(`Authorization: ${authorization}\r\n`);
  return { bytes: joined(bytes.subarray(0, end), header, bytes.subarray(end)), right };
}

/** Sends until the server does not take it any more, which is its right. */
async function send(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  await writeAll(connection, bytes).catch(() => {});
}

/** Reads to the end; `greet` is called at the first bytes, or the end. */
async function read(connection: Deno.TcpConn, answer: { bytes: Uint8Array }, greet: () => void): Promise<void> {
  const buffer = new Uint8Array(2 ** 16);
  try {
    for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
      answer.bytes = joined(answer.bytes, buffer.subarray(0, n));
      greet();
    }
  } catch {
    // Broken off by the server, which had had enough.
  }
  greet();
}

/** What the server may say: answers in HTTP that refuse; or that it goes over, then frames as a server sends them. */
function check(bytes: Uint8Array, whole: boolean): void {
  const text = new TextDecoder("latin1").decode(bytes);
  assertTellsNothing(text);
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]);
  if (whole) assert.equal(status, 101);
  if (status === 101) return checkFrames(bytes.subarray(text.indexOf("\r\n\r\n") + 4));
  assert.ok(bytes.length === 0 || status < 500, text);
}

function checkFrames(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let closed = false;
  for (let at = 0; at + 2 <= bytes.length;) {
    assert.ok(!closed, "something comes after the goodbye");
    const opcode = view.getUint8(at) & 15;
    assert.equal(view.getUint8(at), 0x80 | opcode, "frames are whole, without reserved bits");
    const short = view.getUint8(at + 1);
    assert.ok(short < 128, "frames of a server are not masked");
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (at + head > bytes.length) return;
    const length = short < 126 ? short : short === 126 ? view.getUint16(at + 2) : Number(view.getBigUint64(at + 2));
    const payload = bytes.subarray(at + head, at + head + length);
    // The rest did not get through before the end.
    if (payload.length < length) return;
    if (opcode === 1) {
      const { type } = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
      assert.match(type, /^(connection_ack|next|error|complete|ping|pong)$/);
    } else if (opcode === 8) {
      closed = true;
      if (length > 0) assert.ok(!BUGS.includes(view.getUint16(at + head)), `closed with ${view.getUint16(at + head)}`);
    } else {
      assert.ok(opcode === 9 || opcode === 10, `opcode ${opcode}`);
    }
    at += head + length;
  }
}

const byte = fc.oneof(fc.constantFrom(0, 10, 13, 32, 58, 127, 128, 255), fc.nat(255));

const WHOLE = encoded(handshakeRequest(HERE));
const handshake: fc.Arbitrary<Handshake> = fc.oneof(
  { weight: 9, arbitrary: fc.constant({ bytes: WHOLE, right: true }) },
  {
    weight: 3,
    arbitrary: fc.array(
      fc.constantFrom(...HEADERS).chain(([name, values]) => fc.constantFrom(...values).map((value) => [name, value])),
      {
        minLength: 1,
        maxLength: 3,
      },
    ).map((changes) => ({ bytes: encoded(handshakeRequest(HERE, Object.fromEntries(changes))), right: false })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...LINES).map((line) => ({
      bytes: encoded(handshakeRequest(HERE, {}, line)),
      right: false,
    })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(WHOLE.length - 1), byte).map(([at, value]) => ({
      bytes: WHOLE.with(at, value),
      right: false,
    })),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => ({ bytes, right: false })) },
);

const query = fc.constantFrom(...QUERIES);
const id = fc.constantFrom<unknown>("a", "b", "", 1, null, "x".repeat(3000), "__proto__");
const GREETING = '{"type":"connection_init"}';
const message = fc.oneof(
  { weight: 1, arbitrary: fc.constant(GREETING) },
  // What only a server says.
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '{"type":"connection_ack"}',
      '{"id":"a","type":"next","payload":{"data":{}}}',
      '{"id":"a","type":"error","payload":[{"message":"x"}]}',
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(id, query).map(([id, query]) => JSON.stringify({ id, type: "subscribe", payload: { query } })),
  },
  { weight: 2, arbitrary: id.map((id) => JSON.stringify({ id, type: "complete" })) },
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constantFrom("ping", "pong", "next", "error", "connection_ack", "dance", "__proto__"),
      fc.jsonValue(),
    )
      .map(([type, payload]) => JSON.stringify({ type, payload })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(id, fc.jsonValue()).map(([id, payload]) => JSON.stringify({ id, type: "subscribe", payload })),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "{",
      "null",
      "[]",
      '"x"',
      "",
      "\0",
      '{"type":["connection_init"]}',
      '{"id":"a","type":"subscribe"}',
      "[".repeat(5000),
      `{"type":"connection_init","payload":{"a":[${"{},".repeat(8000)}{}]}}`,
    ),
  },
);

/** Frames that belong together. */
const frames: fc.Arbitrary<readonly Uint8Array[]> = fc.oneof(
  { weight: 10, arbitrary: message.map((text) => [frame(text)]) },
  // In fragments; some begin anew in the middle, some never end.
  {
    weight: 3,
    arbitrary: fc.tuple(message, fc.nat(50), fc.constantFrom(0x80, 0x00, 0x81, 0x01)).map(([text, at, last]) => [
      frame(text.slice(0, at), { first: 0x01 }),
      controlFrame(9, new Uint8Array(3)),
      frame(text.slice(at), { first: last }),
    ]),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0, 9, 300).map((length) => [
      frame("", { first: 0x01 }),
      ...Array.from({ length: 1100 }, () => frame("x".repeat(length), { first: 0x00 })),
    ]),
  },
  // Any opcode and reserved bits, with a mask or without.
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(255), fc.boolean(), message).map((
      [first, masked, text],
    ) => [frame(text, { first, masked })]),
  },
  // Lengths that are not those of what comes.
  {
    weight: 2,
    arbitrary: fc.tuple(message, fc.constantFrom(0n, 126n, 2n ** 31n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n)).map((
      [text, length],
    ) => [frame(text, { length })]),
  },
  // Text that is none, and bytes.
  {
    weight: 2,
    arbitrary: fc.tuple(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(0x81, 0x82)).map((
      [bytes, first],
    ) => [frame(bytes, { first })]),
  },
  // Pings and pongs of any length, goodbyes of any code and reason.
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(9, 10), fc.uint8Array({ maxLength: 127 }))
      .map(([opcode, payload]) => [controlFrame(opcode, payload)]),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(...CODES), fc.uint8Array({ maxLength: 125 }), fc.nat(125)).map(
      ([code, reason, end]) => [controlFrame(8, joined(Uint8Array.of(code >> 8, code & 255), reason).subarray(0, end))],
    ),
  },
  // Floods, of both kinds of pings.
  { weight: 1, arbitrary: fc.constant(Array.from({ length: 2000 }, () => controlFrame(9, new Uint8Array(125)))) },
  {
    weight: 1,
    arbitrary: fc.constant([
      frame(GREETING),
      ...Array.from({ length: 100 }, () => frame(`{"type":"ping","payload":{"a":"${"x".repeat(9000)}"}}`)),
    ]),
  },
);

/** Connections that may be wrong in every way. */
export const visits: fc.Arbitrary<Visit> = fc.record({
  handshake,
  frames: fc.tuple(fc.constantFrom([frame(GREETING)], []), fc.array(frames, { maxLength: 6 }))
    .map(([greeting, groups]) => [...greeting, ...groups.flat()]),
  polite: fc.boolean(),
  cut: fc.option(fc.oneof(fc.nat(400), fc.nat(20_000)), { freq: 2 }),
  reads: fc.boolean(),
});

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
