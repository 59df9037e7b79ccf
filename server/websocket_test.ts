import assert from "node:assert/strict";
import { clearImmediate, setImmediate } from "node:timers";
import { createClient } from "graphql-ws";
import { serveFake } from "./testing/serve_fake.ts";
import { RawSocket } from "./testing/raw_socket.ts";
import { connectPlain, connectWebSocket, frame, handshakeRequest, readFrames, writeAll } from "./testing/wire.ts";
import { OPERATION_LIMITS } from "./limits.ts";
import { WEBSOCKET_LIMITS } from "./websocket.ts";

const START = `mutation { startTransfer(input: {
  content: { sample: "content" }, styles: [{ image: { sample: "style" } }], size: 64, steps: 5
}) { transfer { id } } }`;
const FOLLOW = 'subscription { transferProgress(id: "newest") { sequence step status } }';

/** Resolves when `condition` holds; looks again after everything that is due has run. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

Deno.test("graphql-ws follows a transfer to its end over one socket", async () => {
  await using fake = await serveFake();
  const client = createClient({ url: `${fake.url}/graphql`.replace("http", "ws"), retryAttempts: 0 });
  const started = client.iterate<{ startTransfer: { transfer: { id: string } } }>({ query: START });
  const { id } = (await started.next()).value!.data!.startTransfer.transfer;
  assert.equal((await started.next()).done, true);
  const events = client.iterate<{ transferProgress: { sequence: number; status: string } }>({ query: FOLLOW });
  // It is queued and has begun.
  assert.equal((await events.next()).value.data.transferProgress.sequence, 2);
  await fake.services.finish(id);
  const seen = [];
  for await (const { data } of events) seen.push(data!.transferProgress.status);
  assert.deepEqual(seen, [...Array(5).fill("RUNNING"), "SUCCEEDED"]);
  await client.dispose();
  await until(() => fake.server.sockets === 0);
});

Deno.test("a subscription ends at its source when its client completes it, or goes away", async () => {
  await using fake = await serveFake();
  const { services } = fake;
  await fake.post(START);
  const polite = await RawSocket.connect(fake.url);
  await polite.init();
  polite.send({ id: "a", type: "subscribe", payload: { query: FOLLOW } });
  await polite.receive();
  assert.equal(services.watchers, 1);
  polite.send({ id: "a", type: "complete" });
  await until(() => services.watchers === 0);
  polite.send({ id: "b", type: "subscribe", payload: { query: FOLLOW } });
  await polite.receive();
  assert.equal(services.watchers, 1);
  await polite.close();
  await until(() => services.watchers === 0 && fake.server.sockets === 0);
});

Deno.test("a subscription over server-sent events ends at its source when its client goes away", async () => {
  await using fake = await serveFake();
  await fake.start({ steps: 5 });
  const leave = new AbortController();
  const response = await fetch(`${fake.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", "accept": "text/event-stream" },
    body: JSON.stringify({ query: FOLLOW }),
    signal: leave.signal,
  });
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes('"sequence":')) text += (await reader.read()).value;
  assert.equal(fake.services.watchers, 1);
  leave.abort();
  await assert.rejects(reader.read());
  await until(() => fake.services.watchers === 0);
});

const WRONG: [name: string, query: string, code: string][] = [
  ["an unknown transfer", 'subscription { transferProgress(id: "other") { step } }', "NOT_FOUND"],
  ["an argument out of range", 'subscription { transferProgress(id: "newest", after: -1) { step } }', "BAD_USER_INPUT"],
  ["an unknown field", 'subscription { transferProgress(id: "newest") { nope } }', "GRAPHQL_VALIDATION_FAILED"],
  ["a syntax error", "subscription {", "GRAPHQL_PARSE_FAILED"],
  ["two operations and no name", "query A { engine { device } } query B { engine { device } }", "BAD_REQUEST"],
  [
    "too much",
    `{ ${Array.from({ length: 6 }, (_, i) => `a${i}: classify(image: { sample: "style" }) { index }`).join(" ")} }`,
    "QUERY_TOO_COMPLEX",
  ],
  [
    "too much in a subscription",
    'subscription { transferProgress(id: "newest") { transfer { frames(first: 100) { edges { node { a: base64 b: base64 c: base64 } } } } } }',
    "QUERY_TOO_COMPLEX",
  ],
];
for (const [name, query, code] of WRONG) {
  Deno.test(`${name} is answered over WebSocket with ${code}, and the socket goes on`, async () => {
    await using fake = await serveFake();
    await fake.post(START);
    const socket = await RawSocket.connect(fake.url);
    await socket.init();
    socket.send({ id: "a", type: "subscribe", payload: { query } });
    const { type, payload } = await socket.receive();
    const errors = type === "error" ? payload : payload.errors;
    assert.equal(errors[0].extensions.code, code);
    assert.deepEqual(Object.keys(errors[0].extensions).filter((key) => key !== "code" && key !== "field"), []);
    if (type === "next") assert.equal((await socket.receive()).type, "complete");
    socket.send({ id: "b", type: "subscribe", payload: { query: "{ engine { device } }" } });
    assert.deepEqual((await socket.receive()).payload, { data: { engine: { device: "cpu" } } });
    await socket.close();
    assert.equal(fake.services.watchers, 0);
    assert.deepEqual(fake.log, []);
  });
}

Deno.test("a bug in the middle of a subscription is masked, over WebSocket and server-sent events", async () => {
  await using fake = await serveFake();
  await fake.post(START);
  const socket = await RawSocket.connect(fake.url);
  await socket.init();
  socket.send({ id: "a", type: "subscribe", payload: { query: FOLLOW } });
  await socket.receive();
  const { store } = fake.services.ports;
  const events = store.events.bind(store);
  const breakLog = async () => {
    store.events = () => Promise.reject(new Error("secret"));
    await fake.services.step();
  };
  await breakLog();
  const masked = "Cannot answer: found an internal error, which has been logged";
  assert.deepEqual(await socket.receive(), {
    id: "a",
    type: "error",
    payload: [{ message: masked, extensions: { code: "INTERNAL" } }],
  });
  await socket.close();
  store.events = events;
  const response = await fetch(`${fake.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", "accept": "text/event-stream" },
    body: JSON.stringify({ query: FOLLOW }),
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes('"sequence":')) text += (await reader.read()).value;
  await breakLog();
  for (let read = await reader.read(); !read.done; read = await reader.read()) text += read.value;
  assert.ok(text.includes(masked));
  assert.ok(!text.includes("secret"));
  assert.equal(fake.log.length, 2);
});

const BREACHES: [name: string, messages: unknown[], code: number][] = [
  ["text that is no message", ["{"], 4400],
  ["an unknown type", [{ type: "dance" }], 4400],
  ["an acknowledgement", [{ type: "connection_init" }, { type: "connection_ack" }], 4400],
  ["a result", [{ type: "connection_init" }, { type: "next", id: "1", payload: { data: {} } }], 4400],
  ["an error", [{ type: "connection_init" }, { type: "error", id: "1", payload: [{ message: "x" }] }], 4400],
  ["an operation before the init", [{ id: "a", type: "subscribe", payload: { query: "{ engine { device } }" } }], 4401],
  ["a second init", [{ type: "connection_init" }, { type: "connection_init" }], 4429],
  ["too long a message", [`"${"x".repeat(2000)}"`], 1009],
  ["bytes", [new Uint8Array(3)], 1003],
];
for (const [name, messages, code] of BREACHES) {
  Deno.test(`a socket that sends ${name} is closed with ${code}`, async () => {
    await using fake = await serveFake({ webSocketLimits: { ...WEBSOCKET_LIMITS, maxMessage: 1000 } });
    const socket = await RawSocket.connect(fake.url);
    for (const message of messages) socket.send(message);
    assert.equal((await socket.closed).code, code);
    assert.equal((await fake.post("{ engine { device } }")).data.engine.device, "cpu");
    assert.deepEqual(fake.log, []);
  });
}

Deno.test("who sends too long a message hears how long it may be", async () => {
  await using fake = await serveFake({ webSocketLimits: { ...WEBSOCKET_LIMITS, maxMessage: 1000 } });
  const socket = await RawSocket.connect(fake.url);
  socket.send("x".repeat(2000));
  assert.equal((await socket.closed).reason, "At most 1000 bytes in a message; longer ones go over HTTP");
});

Deno.test("a page of another origin gets no socket, one of this server's does", async () => {
  await using fake = await serveFake();
  const refused = await RawSocket.connect(fake.url, { origin: "https://other.example" }).catch((error) => error);
  assert.match(String(refused), /403|Forbidden/i);
  const allowed = await RawSocket.connect(fake.url, { origin: fake.url });
  await allowed.init();
  await allowed.close();
});

const HANDSHAKES: [name: string, changes: Readonly<Record<string, string>>, status: RegExp][] = [
  ["as it should be", {}, /101/],
  ["with two subprotocols", { "Sec-WebSocket-Protocol": "graphql-ws,graphql-transport-ws" }, /101/],
  ["with two subprotocols and a space", { "Sec-WebSocket-Protocol": "graphql-ws, graphql-transport-ws" }, /101/],
  ["with another subprotocol", { "Sec-WebSocket-Protocol": "graphql-ws" }, /400/],
  ["with a subprotocol that is none", { "Sec-WebSocket-Protocol": ",,graphql-transport-ws" }, /4\d\d/],
  ["without Connection: Upgrade", { "Connection": "keep-alive" }, /4\d\d/],
  ["without a key", { "Sec-WebSocket-Key": "" }, /400/],
  ["with a key that is none", { "Sec-WebSocket-Key": "short" }, /400/],
  ["of version 8", { "Sec-WebSocket-Version": "8" }, /426/],
  ["of no version", { "Sec-WebSocket-Version": "" }, /426/],
  ["to another protocol", { "Upgrade": "h2c" }, /4\d\d/],
];
for (const [name, changes, status] of HANDSHAKES) {
  Deno.test(`a handshake ${name} is answered ${status.source} and leaves nothing in the log`, async () => {
    await using fake = await serveFake();
    const connection = await connectPlain(fake.url);
    await connection.write(new TextEncoder().encode(handshakeRequest(fake.url, changes)));
    const buffer = new Uint8Array(4096);
    const length = await connection.read(buffer) ?? 0;
    const [line] = new TextDecoder().decode(buffer.subarray(0, length)).split("\r\n");
    assert.match(line!, new RegExp(`^HTTP/1\\.1 ${status.source} `));
    connection.close();
    assert.equal((await fake.post("{ engine { device } }")).data.engine.device, "cpu");
    assert.deepEqual(fake.log, []);
  });
}

Deno.test("an upgrade without the subprotocol, or elsewhere, is refused", async () => {
  await using fake = await serveFake();
  assert.match(String(await RawSocket.connect(fake.url, {}, []).catch((error) => error)), /400/);
  assert.match(String(await RawSocket.connect(`${fake.url}/images`).catch((error) => error)), /404/);
});

Deno.test("sockets, operations on one socket, and subscriptions in all are bounded", async () => {
  await using fake = await serveFake({
    webSocketLimits: { ...WEBSOCKET_LIMITS, maxSockets: 2, maxOperations: 2 },
    operationLimits: { ...OPERATION_LIMITS, maxSubscriptions: 3 },
  });
  await fake.post(START);
  const first = await RawSocket.connect(fake.url);
  const second = await RawSocket.connect(fake.url);
  assert.match(String(await RawSocket.connect(fake.url).catch((error) => error)), /503/);
  await Promise.all([first.init(), second.init()]);
  const subscribe = async (socket: RawSocket, id: string) => {
    socket.send({ id, type: "subscribe", payload: { query: FOLLOW } });
    const { type, payload } = await socket.receive();
    const code = (type === "error" ? payload : payload.errors)?.[0].extensions.code;
    if (type === "next" && code) assert.equal((await socket.receive()).type, "complete");
    return code;
  };
  assert.deepEqual([await subscribe(first, "a"), await subscribe(first, "b")], [undefined, undefined]);
  assert.equal(await subscribe(first, "c"), "RATE_LIMITED");
  assert.equal(await subscribe(second, "a"), undefined);
  assert.equal(await subscribe(second, "b"), "RATE_LIMITED");
  assert.equal(fake.services.watchers, 3);
  await first.close();
  await until(() => fake.services.watchers === 1);
  assert.equal(await subscribe(second, "b"), undefined);
  await second.close();
});

Deno.test("a long message comes in fragments between which others get their turn, and nothing comes between them", async () => {
  await using fake = await serveFake();
  await fake.services.finish(await fake.start({ size: 64, steps: 2, frameEvery: 1 }));
  const picture = crypto.getRandomValues(new Uint8Array(3 * 2 ** 14)).toBase64().repeat(32);
  fake.services.frames = { encode: () => Promise.resolve(Uint8Array.fromBase64(picture)) };
  const connection = await connectWebSocket(fake.url);
  await connection.write(frame('{"type":"connection_init"}'));
  const query = "{ transfers { edges { node { frame { a: base64 } } } } }";
  let turns = 0;
  const count = () => void (turns++, counting = setImmediate(count));
  let counting = setImmediate(count);
  const messages: string[] = [];
  let fragments = 0;
  let text = "";
  for await (const { fin, opcode, payload } of readFrames(connection)) {
    assert.equal(opcode, text === "" ? 1 : 0);
    assert.ok(payload.length <= 2 ** 16, `${payload.length} bytes in one go`);
    text += new TextDecoder().decode(payload);
    if (!fin) {
      if (fragments++ === 0) turns = 0;
      continue;
    }
    if (messages.push(text) === 1) {
      for (const id of ["a", "b"]) {
        await connection.write(frame(JSON.stringify({ id, type: "subscribe", payload: { query } })));
      }
    }
    text = "";
    if (messages.length === 5) break;
  }
  clearImmediate(counting);
  connection.close();
  const told = messages.map((message) => JSON.parse(message));
  assert.deepEqual(told.map(({ type }) => type).toSorted(), ["complete", "complete", "connection_ack", "next", "next"]);
  for (const { type, payload } of told) {
    if (type === "next") assert.ok(payload.data.transfers.edges[0].node.frame.a === picture);
  }
  assert.ok(fragments >= 2 * picture.length / 2 ** 16, `${fragments} fragments`);
  assert.ok(turns > fragments / 2, `${turns} turns in ${fragments} fragments`);
  await until(() => fake.server.heldBytes === 0);
});

Deno.test("a slow reader holds up its own subscription only", async () => {
  await using fake = await serveFake({ webSocketLimits: { ...WEBSOCKET_LIMITS, highWater: 2 ** 16 } });
  await fake.start({ size: 64, steps: 1000, frameEvery: 1 });
  const big = new Uint8Array(2 ** 20);
  let encoded = 0;
  fake.services.frames = {
    encode: () => {
      encoded++;
      return Promise.resolve(big);
    },
  };
  // A peer that has shaken hands and then reads nothing more.
  const connection = await connectWebSocket(fake.url);
  await connection.write(frame('{"type":"connection_init"}'));
  // The acknowledgement.
  await connection.read(new Uint8Array(4096));
  const query = 'subscription { transferProgress(id: "newest") { step frame { base64 } } }';
  await connection.write(frame(JSON.stringify({ id: "a", type: "subscribe", payload: { query } })));
  await until(() => fake.services.watchers === 1);
  // One by one, so that each frame is the newest for as long as it takes to be sent.
  for (let i = 0; i < 500; i++) {
    await fake.services.step();
    await new Promise((resolve) => setTimeout(resolve));
  }
  await until(() => encoded > 0);
  // Others are answered meanwhile.
  for (let i = 0; i < 20; i++) assert.equal((await fake.post("{ engine { device } }")).data.engine.device, "cpu");
  assert.ok(encoded < 100, `${encoded} frames were encoded for a peer that reads none`);
  connection.close();
  await until(() => fake.services.watchers === 0);
});

/** Reads until the server's close frame, and answers its code. */
async function closeCode(connection: Deno.TcpConn): Promise<number | undefined> {
  const buffer = new Uint8Array(4096);
  for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
    if (buffer[0] === 0x88) return new DataView(buffer.buffer).getUint16(2);
  }
  return undefined;
}

const GREETINGS: [name: string, send: (connection: Deno.TcpConn) => Promise<void>][] = [
  ["a connection_init of megabytes", async (connection) => {
    const payload = { a: Array(100_000).fill({}) };
    await writeAll(connection, frame(JSON.stringify({ type: "connection_init", payload })));
  }],
  ["fragments without end in place of a greeting", async (connection) => {
    await writeAll(connection, frame("x".repeat(9000), { first: 0x01 }));
    for (;;) await writeAll(connection, frame("x".repeat(9000), { first: 0x00 }));
  }],
];
for (const [name, send] of GREETINGS) {
  Deno.test(`${name}: the socket is closed with 1009, and nothing of it is held`, async () => {
    await using fake = await serveFake();
    const connection = await connectWebSocket(fake.url);
    const sent = send(connection).catch(() => {});
    assert.equal(await closeCode(connection), 1009);
    connection.close();
    await sent;
    await until(() => fake.server.sockets === 0);
    assert.equal(fake.server.heldBytes, 0);
  });
}

Deno.test("a message in fragments may be as long as any other, and not longer", async () => {
  await using fake = await serveFake({ webSocketLimits: { ...WEBSOCKET_LIMITS, maxMessage: 50_000 } });
  const connection = await connectWebSocket(fake.url);
  await connection.write(frame('{"type":"connection_init"}'));
  await connection.read(new Uint8Array(4096));
  const sent = (async () => {
    await connection.write(frame("x".repeat(1000), { first: 0x01 }));
    for (;;) await connection.write(frame("x".repeat(1000), { first: 0x00 }));
  })().catch(() => {});
  assert.equal(await closeCode(connection), 1009);
  connection.close();
  await sent;
  await until(() => fake.server.sockets === 0);
});

Deno.test("what a peer sends on after it was closed for too long a message is not read", async () => {
  await using fake = await serveFake();
  const connection = await connectWebSocket(fake.url);
  await connection.write(frame('{"type":"connection_init"}'));
  await connection.read(new Uint8Array(4096));
  const piece = "x".repeat(2 ** 18);
  let bytes = 0;
  await assert.rejects(async () => {
    for (let first = 0x01;; first = 0x00) {
      await writeAll(connection, frame(piece, { first }));
      bytes += piece.length;
    }
  });
  connection.close();
  await until(() => fake.server.sockets === 0);
  // A message, and what the system keeps of a connection both ways.
  assert.ok(bytes < 40 * 2 ** 20, `${bytes} bytes were taken`);
});

Deno.test("messages that come at once are taken one in a turn of the event loop, so that others get theirs between", async () => {
  await using fake = await serveFake();
  const connection = await connectWebSocket(fake.url);
  await connection.write(frame('{"type":"connection_init"}'));
  await connection.read(new Uint8Array(4096));
  let turn = 0;
  const turns = new Set<number>();
  const engine = fake.services.transfers.engine.bind(fake.services.transfers);
  fake.services.transfers.engine = () => {
    turns.add(turn);
    return engine();
  };
  let next = setImmediate(function count() {
    turn++;
    next = setImmediate(count);
  });
  const payload = { query: "{ engine { device } }" };
  const messages = Array.from(
    { length: 20 },
    (_, i) => frame(JSON.stringify({ id: String(i), type: "subscribe", payload })),
  );
  await writeAll(connection, await new Blob(messages).bytes());
  await until(() => turns.size >= 20);
  clearImmediate(next);
  connection.close();
  await until(() => fake.server.sockets === 0);
});

Deno.test("pings whose pongs nobody reads are no longer read, and their sender is given up", async () => {
  const highWater = 2 ** 16;
  await using fake = await serveFake({ webSocketLimits: { ...WEBSOCKET_LIMITS, highWater, beatMs: 50 } });
  const connection = await connectWebSocket(fake.url);
  await connection.write(frame('{"type":"connection_init"}'));
  await connection.read(new Uint8Array(4096));
  const ping = frame(JSON.stringify({ type: "ping", payload: { a: "x".repeat(60_000) } }));
  let most = 0;
  const watch = setInterval(() => most = Math.max(most, fake.server.heldBytes), 1);
  // More than the system keeps for a connection both ways.
  const bytes = 64 * 2 ** 20;
  const sent = (async () => {
    for (let i = 0; i < bytes / ping.length; i++) await writeAll(connection, ping);
  })();
  await assert.rejects(sent);
  clearInterval(watch);
  connection.close();
  await until(() => fake.server.sockets === 0);
  assert.equal(fake.server.heldBytes, 0);
  assert.ok(most < bytes / 4, `${most} bytes were held`);
});

Deno.test("what a subscription keeps is bounded, and what it does not use is not kept", async () => {
  await using fake = await serveFake();
  await fake.post(START);
  const socket = await RawSocket.connect(fake.url);
  await socket.init();
  const variables = { unused: "x".repeat(70_000) };
  socket.send({ id: "a", type: "subscribe", payload: { query: FOLLOW, variables } });
  const { type, payload } = await socket.receive();
  assert.deepEqual([type, payload[0].extensions.code], ["error", "QUERY_TOO_COMPLEX"]);
  socket.send({ id: "a", type: "subscribe", payload: { query: FOLLOW } });
  assert.equal((await socket.receive()).type, "next");
  await socket.close();
});

Deno.test("a subscription that was completed while it opens still counts until it is over", async () => {
  await using fake = await serveFake({ webSocketLimits: { ...WEBSOCKET_LIMITS, maxOperations: 2 } });
  const { promise, resolve } = Promise.withResolvers<void>();
  let asked = 0;
  const { engine } = fake.services;
  const info = engine.info.bind(engine);
  engine.info = async () => {
    asked++;
    await promise;
    return await info();
  };
  const socket = await RawSocket.connect(fake.url);
  await socket.init();
  for (const id of ["a", "b", "c"]) {
    socket.send({ id, type: "subscribe", payload: { query: "{ engine { device } }" } });
    socket.send({ id, type: "complete" });
  }
  socket.send({ id: "d", type: "subscribe", payload: { query: "{ engine { device } }" } });
  assert.equal((await socket.receive()).payload[0].extensions.code, "RATE_LIMITED");
  await until(() => asked === 2);
  resolve();
  await socket.close();
});

Deno.test("stop() closes sockets with 1012 and ends their subscriptions", async () => {
  await using fake = await serveFake();
  await fake.post(START);
  const socket = await RawSocket.connect(fake.url);
  await socket.init();
  socket.send({ id: "a", type: "subscribe", payload: { query: FOLLOW } });
  await socket.receive();
  await fake.server.stop();
  const { code, reason } = await socket.closed;
  assert.deepEqual([code, reason], [1012, "Service restart"]);
  await until(() => fake.services.watchers === 0);
});
