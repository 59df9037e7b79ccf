import assert from "node:assert/strict";
import { jsonLog } from "../transfers/log.ts";
import { requestId } from "./request_id.ts";
import { serveFake } from "./testing/serve_fake.ts";

const MADE = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

Deno.test("requestId() is what a trusted proxy has given, where that is an id at all", () => {
  assert.equal(requestId("7f/a_b.c:1", true), "7f/a_b.c:1");
  for (const given of ["", "a b", "a\nb", "x".repeat(129), "ä", undefined]) assert.match(requestId(given, true), MADE);
  assert.match(requestId("7f", false), MADE);
});

Deno.test("every answer names its request: by the id of a trusted proxy, else by a new one", async () => {
  await using trusting = await serveFake({ trustedProxies: ["127.0.0.1"] });
  await using other = await serveFake();
  const idOf = async (url: string, init: RequestInit = {}) => {
    const response = await fetch(url, { ...init, headers: { "x-request-id": "of-the-proxy" } });
    await response.body?.cancel();
    return response.headers.get("x-request-id");
  };
  for (const path of ["/health", "/nowhere", "/images/none", "/", "/metrics", "/graphql"]) {
    assert.equal(await idOf(trusting.url + path), "of-the-proxy", path);
    assert.match((await idOf(other.url + path))!, MADE, path);
  }
  assert.match((await idOf(`${other.url}/graphql`, { method: "POST", body: "{" }))!, MADE);
  assert.notEqual(await idOf(`${other.url}/health`), await idOf(`${other.url}/health`));
});

Deno.test("a WebSocket has an id, too, whether it is let in or not", async () => {
  await using fake = await serveFake({ trustedProxies: ["127.0.0.1"] });
  const { hostname, port } = new URL(fake.url);
  for (const [path, status] of [["/graphql", 101], ["/elsewhere", 404]] as const) {
    using connection = await Deno.connect({ hostname, port: Number(port) });
    const head = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
      "Sec-WebSocket-Protocol: graphql-transport-ws\r\nX-Request-Id: of-the-proxy\r\n\r\n";
    await connection.write(new TextEncoder().encode(head));
    const buffer = new Uint8Array(4096);
    const answer = new TextDecoder().decode(buffer.subarray(0, (await connection.read(buffer))!));
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
    assert.match(answer, /\r\nx-request-id: of-the-proxy\r\n/i);
  }
});

Deno.test("what is logged while a request is answered has its id", async () => {
  const lines: string[] = [];
  const log = jsonLog((line) => lines.push(line));
  await using fake = await serveFake({
    trustedProxies: ["127.0.0.1"],
    pages: () => {
      log.warn("something is odd");
      return undefined;
    },
  });
  await (await fetch(`${fake.url}/x?access=secret`, { headers: { "x-request-id": "r-1" } })).body?.cancel();
  assert.equal(JSON.parse(lines[0]!).requestId, "r-1");
});
