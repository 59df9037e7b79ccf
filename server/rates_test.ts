import assert from "node:assert/strict";
import { TINY_PNG } from "../schema/testing/api_stage.ts";
import { RawSocket } from "./testing/raw_socket.ts";
import { answerOf, type FakeServer, serveFake } from "./testing/serve_fake.ts";
import { FAILURE_WEIGHT } from "./visit.ts";

const VIEWER = "{ viewer { name } }";
const FOLLOW = 'subscription { transferProgress(id: "newest") { sequence } }';
const MINUTE = 60;

async function keyOf({ services }: FakeServer, owner: string): Promise<string> {
  const { keys } = services.access;
  return `Bearer ${await keys.create({ name: crypto.randomUUID(), owner, role: "USER", expiresAt: null })}`;
}

/** What a response says of the requests that are left. */
function left({ headers }: Response): number {
  return Number(/"requests";r=(\d+)/.exec(headers.get("ratelimit")!)![1]);
}

async function get(server: FakeServer, path: string, headers: HeadersInit = {}): Promise<Response> {
  const response = await fetch(server.url + path, { headers });
  await response.body?.cancel();
  return response;
}

function ask(server: FakeServer, query: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query }),
  });
}

Deno.test("a server that bounds no rate says nothing of them", async () => {
  await using server = await serveFake({}, { auth: ["keys"] });
  const { headers } = await get(server, "/");
  assert.deepEqual([headers.get("ratelimit"), headers.get("ratelimit-policy")], [null, null]);
});

Deno.test("each key has its own requests; who has used them up gets 429 with when to come again", async () => {
  const rates = { requests: { limit: 3, seconds: MINUTE }, bytes: { limit: 1000, seconds: MINUTE } };
  await using server = await serveFake({ corsOrigins: ["https://a.example"] }, { auth: ["keys"], rates });
  const [ann, bob] = [await keyOf(server, "ann"), await keyOf(server, "bob")];
  for (const remaining of [2, 1, 0]) {
    const response = await ask(server, VIEWER, { authorization: ann });
    assert.equal((await answerOf(response)).status, 200);
    assert.equal(
      response.headers.get("ratelimit-policy"),
      '"requests";q=3;w=60, "bytes";q=1000;w=60;qu="content-bytes"',
    );
    assert.equal(left(response), remaining);
  }
  const refused = await ask(server, VIEWER, { authorization: ann, origin: "https://a.example" });
  const exposed = refused.headers.get("access-control-expose-headers")!.split(", ");
  for (const name of ["ratelimit", "ratelimit-policy", "retry-after"]) assert.ok(exposed.includes(name));
  const retryAfter = Number(refused.headers.get("retry-after"));
  const { status, errors: [error] } = await answerOf(refused);
  assert.equal(status, 429);
  const rateLimit = { name: "requests", limit: 3, window: 60, remaining: 0, reset: retryAfter, retryAfter };
  assert.deepEqual(error!.extensions, { code: "RATE_LIMITED", rateLimit });
  assert.equal((await answerOf(await ask(server, VIEWER, { authorization: bob }))).status, 200);
  server.services.clock.advance(1000 * retryAfter);
  assert.equal((await answerOf(await ask(server, VIEWER, { authorization: ann }))).status, 200);
});

Deno.test("who shows no key is counted by address, which only a trusted proxy can tell", async () => {
  const rates = { requests: { limit: 2, seconds: MINUTE } };
  for (const trustedProxies of [[], ["127.0.0.1"]]) {
    await using server = await serveFake({ trustedProxies }, { rates });
    const from = async (address: string) => (await get(server, "/", { "x-forwarded-for": address })).status;
    const statuses = [await from("1.1.1.1"), await from("1.1.1.1"), await from("1.1.1.1"), await from("2.2.2.2")];
    assert.deepEqual(statuses.map((status) => status === 429), [false, false, true, trustedProxies.length === 0]);
    for (let i = 0; i < 5; i++) {
      assert.equal((await get(server, "/health")).status, 200);
      assert.equal((await get(server, "/ready")).status, 200);
    }
  }
});

Deno.test("who guesses keys is soon not looked at any more, while who was let in before still is", async () => {
  await using server = await serveFake({}, {
    auth: ["keys"],
    rates: { requests: { limit: 2 * FAILURE_WEIGHT, seconds: MINUTE } },
  });
  const [ann, bob] = [await keyOf(server, "ann"), await keyOf(server, "bob")];
  const status = async (authorization: string) => (await answerOf(await ask(server, VIEWER, { authorization }))).status;
  assert.equal(await status(ann), 200);
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) statuses.push(await status(`Bearer gram_${i}`));
  assert.deepEqual(statuses, [401, 401, 429]);
  // A right guess is told by nothing.
  assert.equal(await status(bob), 429);
  assert.equal(await status(ann), 200);
  const socket = await RawSocket.connect(server.url);
  socket.send({ type: "connection_init", payload: { authorization: bob } });
  assert.equal((await socket.closed).code, 1013);
  server.services.clock.advance(2000 * MINUTE);
  assert.equal(await status(bob), 200);
});

Deno.test("a body that is too much is refused before it is read, and one of unknown length while it comes", async () => {
  await using server = await serveFake({}, { rates: { bytes: { limit: 2000, seconds: MINUTE } } });
  const send = async (body: BodyInit) => {
    const headers = { "content-type": "application/json" };
    return await answerOf(await fetch(`${server.url}/graphql`, { method: "POST", headers, body }));
  };
  const long = JSON.stringify({ query: `{ engine { device } } #${"x".repeat(3000)}` });
  const short = JSON.stringify({ query: VIEWER });
  const { status, errors: [error] } = await send(long);
  assert.deepEqual([status, error!.extensions.code], [429, "RATE_LIMITED"]);
  assert.equal((await send(short)).status, 200);
  const streamed = await send(new Blob([long]).stream());
  assert.deepEqual([streamed.status, streamed.errors[0]!.extensions.code], [429, "RATE_LIMITED"]);
  assert.equal((await send(short)).status, 200);
});

Deno.test("a picture that is fetched counts as if its sender had sent it", async () => {
  await using server = await serveFake({}, { rates: { bytes: { limit: 2000, seconds: MINUTE } } });
  const query = 'mutation { uploadImage(image: { url: "https://example.org/a.png" }) { image { id } } }';
  const bytesLeft = ({ headers }: Response) => Number(/"bytes";r=(\d+)/.exec(headers.get("ratelimit")!)![1]);
  const response = await ask(server, query);
  assert.equal((await answerOf(response)).errors.length, 0);
  assert.equal(bytesLeft(response), 2000 - JSON.stringify({ query }).length - TINY_PNG.byteLength);
});

Deno.test("an operation counts by what it costs, and is refused before it does anything", async () => {
  await using server = await serveFake({}, { rates: { requests: { limit: 10, seconds: MINUTE } } });
  const cheap = await ask(server, VIEWER);
  await cheap.body?.cancel();
  assert.equal(left(cheap), 9);
  // A new transfer costs 200 and more: three requests.
  await server.start({ size: 32, steps: 1 });
  const after = await ask(server, VIEWER);
  await after.body?.cancel();
  assert.equal(left(after), 5);
  await server.start({ size: 32, steps: 1 });
  const query = "mutation ($input: StartTransferInput!) { startTransfer(input: $input) { transfer { id } } }";
  const input = { content: { sample: "content" }, styles: [{ image: { sample: "style" } }], size: 32, steps: 1 };
  const { status, errors: [error] } = await server.post(query, { input });
  assert.deepEqual([status, error!.extensions.code], [429, "RATE_LIMITED"]);
  assert.equal(await server.services.started(), 2);
});

Deno.test("a WebSocket says in extensions what headers say elsewhere, and counts sockets, operations and subscriptions", async () => {
  await using server = await serveFake({}, {
    auth: ["keys"],
    rates: {
      requests: { limit: 6, seconds: MINUTE },
      sockets: { limit: 1, seconds: MINUTE },
      subscriptions: { limit: 1, seconds: MINUTE },
    },
  });
  const authorization = await keyOf(server, "ann");
  await server.start({ size: 32, steps: 2 }, { authorization });
  const socket = await RawSocket.connect(server.url);
  await assert.rejects(RawSocket.connect(server.url));
  socket.send({ type: "connection_init", payload: { authorization } });
  await socket.receive();
  socket.send({ id: "a", type: "subscribe", payload: { query: VIEWER } });
  const { payload } = await socket.receive();
  assert.deepEqual(
    payload.extensions.rateLimit.map(({ name, remaining }: { name: string; remaining: number }) => [name, remaining]),
    [["requests", 1], ["sockets", 1], ["subscriptions", 1]],
  );
  assert.equal((await socket.receive()).type, "complete");
  socket.send({ id: "b", type: "subscribe", payload: { query: FOLLOW } });
  const snapshot = await socket.receive();
  assert.deepEqual([snapshot.type, snapshot.payload.extensions], ["next", undefined]);
  socket.send({ id: "c", type: "subscribe", payload: { query: VIEWER } });
  const refused = await socket.receive();
  const { code, rateLimit } = refused.payload[0].extensions;
  assert.deepEqual([refused.type, code, rateLimit.name, rateLimit.remaining], ["error", "RATE_LIMITED", "requests", 0]);
  server.services.clock.advance(2000 * MINUTE);
  for (const id of ["d", "e"]) socket.send({ id, type: "subscribe", payload: { query: FOLLOW } });
  const answers = [await socket.receive(), await socket.receive()];
  const { extensions } = answers.find(({ payload }) => payload.errors)!.payload.errors[0];
  assert.deepEqual([extensions.code, extensions.rateLimit.name], ["RATE_LIMITED", "subscriptions"]);
  await socket.close();
});
