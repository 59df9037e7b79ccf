import process from "node:process";
import assert from "node:assert/strict";
import { createClient } from "graphql-ws";
import { TestIssuer } from "../access/testing/test_issuer.ts";
import type { Role } from "../transfers/caller.ts";
import { connectPlain } from "./testing/wire.ts";
import { RawSocket } from "./testing/raw_socket.ts";
import { answerOf, type FakeServer, serveFake } from "./testing/serve_fake.ts";

const FOLLOW = 'subscription { transferProgress(id: "newest") { sequence status } }';
const UNAUTHORIZED = 4401;
const FORBIDDEN = 4403;
const TRY_AGAIN_LATER = 1013;

function serve(): Promise<FakeServer> {
  return serveFake({}, { auth: ["keys"] });
}

async function keyOf({ services }: FakeServer, owner: string, role: Role = "USER", expiresAt: number | null = null) {
  const { keys } = services.access;
  return `Bearer ${await keys.create({ name: crypto.randomUUID(), owner, role, expiresAt })}`;
}

/** Starts a transfer as somebody, lets it end, and answers its id. */
async function transferOf(server: FakeServer, authorization: string): Promise<string> {
  const id = await server.start({ steps: 2, size: 32 }, { authorization });
  await server.services.finish(id);
  return id;
}

Deno.test("who shows nothing, or what is not valid, is told so and nothing else", async () => {
  await using server = await serve();
  const expiring = await keyOf(server, "ann", "USER", server.services.clock.now() + 1000);
  const revoked = await keyOf(server, "bob");
  for (const { name } of (await server.services.access.keys.list()).filter(({ owner }) => owner === "bob")) {
    await server.services.access.keys.revoke(name);
  }
  assert.equal((await server.post("{ viewer { name } }", {}, { authorization: expiring })).status, 200);
  server.services.clock.advance(1000);
  const wrong = ["Bearer gram_1", "Bearer x", "Basic YTpi", "Bearer", "", expiring, revoked, `${revoked}0`];
  for (const headers of [{}, ...wrong.map((authorization) => ({ authorization }))]) {
    const { status, errors } = await server.post("{ viewer { name } }", {}, headers);
    assert.deepEqual([status, errors[0]!.extensions.code], [401, "UNAUTHENTICATED"], JSON.stringify(headers));
    for (const path of ["/images/sample-style", `/transfers/${crypto.randomUUID()}/result.png`, "/metrics"]) {
      const response = await fetch(server.url + path, { headers });
      assert.deepEqual([response.status, response.headers.get("www-authenticate")], [401, 'Bearer realm="Gramcast"']);
      await response.body?.cancel();
    }
  }
  for (const path of ["/", "/health", "/ready"]) {
    const response = await fetch(server.url + path);
    assert.ok(response.ok, path);
    await response.body?.cancel();
  }
});

Deno.test("a key sees its owner's, and only an admin's sees the metrics", async () => {
  await using server = await serve();
  const [ann, bob, admin] = [await keyOf(server, "ann"), await keyOf(server, "bob"), await keyOf(server, "x", "ADMIN")];
  const id = await transferOf(server, ann);
  const query = `{ viewer { role } transfer(id: "${id}") { owner } transfers { totalCount } }`;
  const as = async (authorization: string) => (await server.post(query, {}, { authorization })).data;
  assert.deepEqual(await as(ann), {
    viewer: { role: "USER" },
    transfer: { owner: "ann" },
    transfers: { totalCount: 1 },
  });
  assert.deepEqual(await as(bob), { viewer: { role: "USER" }, transfer: null, transfers: { totalCount: 0 } });
  assert.deepEqual(await as(admin), {
    viewer: { role: "ADMIN" },
    transfer: { owner: "ann" },
    transfers: { totalCount: 0 },
  });
  const statuses = await Promise.all([ann, admin].map(async (authorization) => {
    const response = await fetch(`${server.url}/metrics`, { headers: { authorization } });
    await response.body?.cancel();
    return response.status;
  }));
  assert.deepEqual(statuses, [403, 200]);
});

Deno.test("addresses of pictures work without a header, for whom they were made, as long as the key does", async () => {
  await using server = await serve();
  const authorization = await keyOf(server, "ann");
  const id = await transferOf(server, authorization);
  const query = `{ transfer(id: "${id}") { result { url } frame { url } }
    signedUrl(url: "/transfers/${id}/result.jpg") { url expires } }`;
  const ask = async () => (await server.post(query, {}, { authorization })).data;
  const { transfer, signedUrl } = await ask();
  const urls: string[] = [transfer.result.url, transfer.frame.url, signedUrl.url];
  // Browsers cache by address: it is the same for a while.
  server.services.clock.advance(1000);
  assert.equal((await ask()).transfer.result.url, transfer.result.url);
  const status = async (path: string, init?: RequestInit) => {
    const response = await fetch(server.url + path, init);
    await response.body?.cancel();
    return response.status;
  };
  for (const url of urls) {
    assert.equal(await status(url), 200, url);
    assert.equal(await status(url, { method: "HEAD" }), 200);
    assert.equal(await status(url.replace(/\?.*/, "")), 401);
    // Another picture, another signature, another parameter.
    assert.equal(await status(url.replace(/^\/(images|transfers)\/[\w-]+/, "/$1/sample-style")), 401);
    assert.equal(await status(url.replace(/.$/, (last) => last === "A" ? "B" : "A")), 401);
    assert.equal(await status(`${url}&x=1`), 401);
  }
  const { name } = (await server.services.access.keys.list())[0]!;
  server.services.clock.advance(2 * 3_600_000);
  assert.equal(await status(urls[0]!), 401);
  const fresh = (await ask()).transfer.result.url;
  assert.equal(await status(fresh), 200);
  await server.services.access.keys.revoke(name);
  assert.equal(await status(fresh), 401);
});

Deno.test("a signed address follows a transfer as EventSource would, and changes nothing", async () => {
  await using server = await serve();
  const authorization = await keyOf(server, "ann");
  const id = await transferOf(server, authorization);
  const sign = async (operation: string) => {
    const variables = { url: `/graphql?query=${encodeURIComponent(operation)}` };
    const signing = "query ($url: String!) { signedUrl(url: $url) { url } }";
    return (await server.post(signing, variables, { authorization })).data.signedUrl.url as string;
  };
  const events = await fetch(
    server.url + await sign(`subscription { transferProgress(id: "${id}", after: 0) { status } }`),
    {
      headers: { accept: "text/event-stream" },
    },
  );
  const text = await events.text();
  assert.match(text, /SUCCEEDED[^]*event: complete/);
  const deletion = await fetch(server.url + await sign(`mutation { deleteTransfer(id: "${id}") { id } }`));
  assert.equal(deletion.status, 405);
  await deletion.body?.cancel();
  const posted = await fetch(server.url + await sign("{ viewer { name } }"), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ viewer { name } }" }),
  });
  assert.equal((await answerOf(posted)).status, 401);
  const wrong = await server.post('{ signedUrl(url: "https://example.org/") { url } }', {}, { authorization });
  assert.equal(wrong.errors[0]!.extensions.field, "url");
});

Deno.test("a WebSocket shows its key in connection_init or the upgrade, and is closed with 4401 without", async () => {
  await using server = await serve();
  const authorization = await keyOf(server, "ann");
  await transferOf(server, authorization);
  for (const payload of [undefined, { authorization: "Bearer x" }, { authorization: 1 }]) {
    const socket = await RawSocket.connect(server.url);
    socket.send({ type: "connection_init", ...(payload ? { payload } : {}) });
    assert.equal((await socket.closed).code, UNAUTHORIZED);
  }
  const client = createClient({
    url: `${server.url}/graphql`.replace("http", "ws"),
    connectionParams: { Authorization: authorization },
    retryAttempts: 0,
  });
  const { value } = await client.iterate<{ viewer: { name: string } }>({ query: "{ viewer { name role } }" }).next();
  assert.match(value!.data!.viewer.name, /./);
  await client.dispose();
});

Deno.test("who is connected when a key expires or is revoked is sent away, and continues with a new one", async () => {
  await using server = await serve();
  const { services } = server;
  for (const end of ["expired", "revoked"] as const) {
    const authorization = await keyOf(server, "ann", "USER", end === "expired" ? services.clock.now() + 1000 : null);
    const { name } = (await services.access.keys.list()).at(-1)!;
    services.engine.hold();
    await server.start({ steps: 5, size: 32 }, { authorization });
    const socket = await RawSocket.connect(server.url);
    socket.send({ type: "connection_init", payload: { authorization } });
    await socket.receive();
    socket.send({ id: "a", type: "subscribe", payload: { query: FOLLOW } });
    const seen = (await socket.receive()).payload.data.transferProgress.sequence;
    const events = await fetch(`${server.url}/graphql?query=${encodeURIComponent(FOLLOW)}`, {
      headers: { accept: "text/event-stream", authorization },
    });
    await services.access.check();
    if (end === "expired") services.clock.advance(1000);
    else await services.access.keys.revoke(name);
    await services.access.check();
    assert.equal((await socket.closed).code, UNAUTHORIZED);
    assert.doesNotMatch(await events.text(), /event: complete/);
    const fresh = await keyOf(server, "ann");
    const next = await RawSocket.connect(server.url);
    next.send({ type: "connection_init", payload: { authorization: fresh } });
    await next.receive();
    const query = FOLLOW.replace(")", `, after: ${seen})`);
    next.send({ id: "a", type: "subscribe", payload: { query } });
    await services.step(1);
    assert.equal((await next.receive()).payload.data.transferProgress.sequence, seen + 1);
    await next.close();
    await services.finish((await services.as("ann").list({ first: 1 })).edges[0]!.node.id);
  }
});

Deno.test("a link lets anybody follow one transfer until it is revoked", async () => {
  await using server = await serve();
  const authorization = await keyOf(server, "ann");
  const id = await transferOf(server, authorization);
  const share = async () =>
    (await server.post(
      `mutation { shareTransfer(id: "${id}") { url token expires } }`,
      {},
      { authorization },
    )).data.shareTransfer;
  const { url, token, expires } = await share();
  assert.deepEqual([url, expires], [`/transfers/${id}#key=${token}`, null]);
  assert.deepEqual(await share(), { url, token, expires });
  const link = { authorization: `Bearer ${token}` };
  const query = `{ viewer { name role follows } transfer(id: "${id}") { status owner link { url } result { url } }
    transfers { totalCount } }`;
  const { data } = await server.post(query, {}, link);
  assert.deepEqual(data.viewer, { name: "link", role: "VIEWER", follows: id });
  assert.deepEqual([data.transfer.status, data.transfer.owner, data.transfer.link], ["SUCCEEDED", null, null]);
  assert.equal(data.transfers.totalCount, 1);
  const picture = await fetch(server.url + data.transfer.result.url);
  assert.equal(picture.status, 200);
  await picture.body?.cancel();
  const refused = await server.post(`mutation { deleteTransfer(id: "${id}") { id } }`, {}, link);
  assert.equal(refused.errors[0]!.extensions.code, "FORBIDDEN");
  const reshared = await server.post(`mutation { shareTransfer(id: "${id}") { url } }`, {}, link);
  assert.equal(reshared.errors[0]!.extensions.code, "FORBIDDEN");
  await server.post(`mutation { unshareTransfer(id: "${id}") { transfer { id } } }`, {}, { authorization });
  assert.equal((await server.post(query, {}, link)).status, 401);
  assert.equal(
    await fetch(server.url + data.transfer.result.url).then((r) => r.body?.cancel().then(() => r.status)),
    401,
  );
  const again = await share();
  assert.notEqual(again.token, token);
  await server.post(`mutation { deleteTransfer(id: "${id}") { id } }`, {}, { authorization });
  assert.equal((await server.post(query, {}, { authorization: `Bearer ${again.token}` })).status, 401);
});

Deno.test("a token of the issuer opens what a key would, until it expires", async () => {
  await using issuer = await TestIssuer.start();
  await using server = await serveFake({}, { auth: ["keys", "oidc"], oidc: issuer.settings });
  const { clock } = server.services;
  const authorization = `Bearer ${await issuer.token(clock.now())}`;
  const id = await transferOf(server, authorization);
  const query = `{ viewer { name owner role expires } transfer(id: "${id}") { owner result { url } } }`;
  const { data } = await server.post(query, {}, { authorization });
  const expires = new Date(clock.now() + issuer.lifetime * 1000).toISOString();
  assert.deepEqual(data.viewer, { name: "ann", owner: "oidc:5f1c", role: "USER", expires });
  assert.equal(data.transfer.owner, "oidc:5f1c");
  // An owner of keys is another, unless it is said that they are the same.
  const seenBy = async (owner: string) => {
    const headers = { authorization: await keyOf(server, owner) };
    return (await server.post(`{ transfer(id: "${id}") { id } }`, {}, headers)).data.transfer;
  };
  assert.deepEqual([await seenBy("5f1c"), await seenBy("oidc:5f1c")], [null, { id }]);
  const socket = await RawSocket.connect(server.url);
  socket.send({ type: "connection_init", payload: { authorization } });
  await socket.receive();
  const status = async () => {
    const response = await fetch(server.url + data.transfer.result.url);
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await status(), 200);
  clock.advance(issuer.lifetime * 1000);
  await server.services.access.check();
  assert.equal((await socket.closed).code, UNAUTHORIZED);
  assert.equal(await status(), 401);
  assert.equal((await server.post(query, {}, { authorization })).status, 401);
});

Deno.test("who has no role is told so, and who comes while the issuer is down is asked to come later", async () => {
  await using issuer = await TestIssuer.start();
  await using server = await serveFake({}, { auth: ["oidc"], oidc: { ...issuer.settings, defaultRole: null } });
  const authorization = `Bearer ${await issuer.token(server.services.clock.now())}`;
  const socketCode = async () => {
    const socket = await RawSocket.connect(server.url);
    socket.send({ type: "connection_init", payload: { authorization } });
    return (await socket.closed).code;
  };
  const refusal = async () => {
    const { status, errors } = await server.post("{ viewer { name } }", {}, { authorization });
    return [status, errors[0]!.extensions.code];
  };
  issuer.broken = true;
  assert.deepEqual(await refusal(), [503, "ISSUER_UNAVAILABLE"]);
  assert.equal(await socketCode(), TRY_AGAIN_LATER);
  issuer.broken = false;
  server.services.clock.advance(30_000);
  assert.deepEqual(await refusal(), [403, "FORBIDDEN"]);
  assert.equal(await socketCode(), FORBIDDEN);
  // Keys are not among the ways.
  const key = await keyOf(server, "ann");
  assert.equal((await server.post("{ viewer { name } }", {}, { authorization: key })).status, 401);
});

Deno.test("requests that are refused before their bodies are read leave nothing on their connection", async () => {
  await using server = await serve();
  const warnings: Error[] = [];
  const warned = (warning: Error) => void warnings.push(warning);
  process.on("warning", warned);
  try {
    // Node warns of more than ten listeners to one thing.
    using connection = await connectPlain(server.url);
    const head =
      "POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n";
    const buffer = new Uint8Array(4096);
    for (let i = 0; i < 20; i++) {
      await connection.write(new TextEncoder().encode(head));
      const read = await connection.read(buffer);
      assert.match(new TextDecoder().decode(buffer.subarray(0, read!)), /^HTTP\/1.1 401 /);
      await connection.write(new TextEncoder().encode('{"a":"b"}'));
    }
    await new Promise((resolve) => setTimeout(resolve));
  } finally {
    process.off("warning", warned);
  }
  assert.deepEqual(warnings, []);
});
