import assert from "node:assert/strict";
import { isLoopback } from "../config.ts";
import { OriginPolicy } from "./origin.ts";
import { serveFake } from "./testing/serve_fake.ts";

const ENGINE = "{ engine { device } }";
const OTHER = "https://other.example";

Deno.test("OriginPolicy.allowsOrigin() takes this server's own pages, those configured, and what is no page", () => {
  const request = (headers: HeadersInit) => new Request("http://paint.example:4000/graphql", { headers });
  const closed = new OriginPolicy({ corsOrigins: [], host: "0.0.0.0" });
  assert.ok(closed.allowsOrigin(request({})));
  assert.ok(closed.allowsOrigin(request({ origin: "http://paint.example:4000" })));
  assert.ok(closed.allowsOrigin(request({ origin: "https://paint.example:4000" })));
  assert.ok(closed.allowsOrigin(request({ "sec-fetch-site": "same-origin" })));
  for (const origin of [OTHER, "null", "http://paint.example", "http://paint.example:4001", ""]) {
    assert.ok(!closed.allowsOrigin(request({ origin })), origin);
  }
  assert.ok(!closed.allowsOrigin(request({ "sec-fetch-site": "cross-site" })));
  const listed = new OriginPolicy({ corsOrigins: [OTHER], host: "0.0.0.0" });
  assert.ok(listed.allowsOrigin(request({ origin: OTHER })));
  assert.ok(!listed.allowsOrigin(request({ origin: "https://third.example" })));
  assert.ok(new OriginPolicy({ corsOrigins: ["*"], host: "0.0.0.0" }).allowsOrigin(request({ origin: OTHER })));
});

for (const host of ["127.0.0.1", "0.0.0.0", "::", "192.168.1.5", "box.example"]) {
  Deno.test(`OriginPolicy.allowsHost() takes only names that lead here, where HOST is ${host}`, () => {
    const corsOrigins = ["https://paint.example"];
    const policy = new OriginPolicy({ corsOrigins, host, publicUrl: new URL("https://public.example/gramcast") });
    const request = (host: string) => new Request(`http://${host}/graphql`);
    const own = ["localhost:4000", "127.0.0.1:4000", "[::1]:4000", "paint.example", "192.168.1.2", "a.localhost"];
    for (const name of [...own, "public.example", ...(/[a-z]/.test(host) ? [host] : [])]) {
      assert.ok(policy.allowsHost(request(name)), name);
    }
    for (const name of ["rebound.example:4000", "127.0.0.1.rebound.example", "localhost.example"]) {
      assert.ok(!policy.allowsHost(request(name)), name);
    }
    assert.ok(new OriginPolicy({ corsOrigins: ["*"], host }).allowsHost(request("any.example")));
  });
}

Deno.test("OriginPolicy.allowsOrigin() takes the public URL's origin, whatever name a proxy asks under", () => {
  const policy = new OriginPolicy({
    corsOrigins: [],
    host: "0.0.0.0",
    publicUrl: new URL("https://public.example/a/"),
  });
  const from = (origin: string) => new Request("http://127.0.0.1:4000/graphql", { headers: { origin } });
  assert.ok(policy.allowsOrigin(from("https://public.example")));
  for (const origin of ["http://public.example", "https://public.example:444", "https://other.example"]) {
    assert.ok(!policy.allowsOrigin(from(origin)), origin);
  }
});

Deno.test("isLoopback() knows loopback names and addresses", () => {
  assert.deepEqual(["localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"].filter(isLoopback).length, 5);
  assert.deepEqual(["0.0.0.0", "::", "127.0.0.1.example", "mylocalhost"].filter(isLoopback), []);
});

Deno.test("a page of another origin is refused with FORBIDDEN, whatever it sends", async () => {
  await using fake = await serveFake();
  const body = JSON.stringify({ query: ENGINE });
  const form = new FormData();
  form.set("operations", body);
  const headers = { origin: OTHER };
  const requests: RequestInit[] = [
    { method: "POST", headers: { ...headers, "content-type": "application/json" }, body },
    { method: "POST", headers, body: form },
    { method: "POST", headers: { ...headers, "content-type": "text/plain" }, body },
    { method: "GET", headers: { ...headers, accept: "text/event-stream" } },
    { method: "OPTIONS", headers: { ...headers, "access-control-request-method": "POST" } },
  ];
  for (const init of requests) {
    const response = await fetch(`${fake.url}/graphql?query=${encodeURIComponent(ENGINE)}`, init);
    assert.equal(response.status, 403);
    const [{ message, extensions: { code } }] = (await response.json()).errors;
    assert.equal(code, "FORBIDDEN");
    // Behind a proxy that passes on no Host it is the studio that asks, and says this to who runs the server.
    assert.match(message, /PUBLIC_URL/);
    assert.equal(response.headers.get("access-control-allow-origin"), null);
  }
  assert.equal((await fake.post(ENGINE, {}, { origin: fake.url })).data.engine.device, "cpu");
});

Deno.test("a page of a configured origin gets its preflight answered and may read what comes back", async () => {
  await using fake = await serveFake({ corsOrigins: [OTHER] });
  const preflight = await fetch(`${fake.url}/graphql`, {
    method: "OPTIONS",
    headers: {
      "origin": OTHER,
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type,x-other",
    },
  });
  await preflight.body?.cancel();
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-origin"), OTHER);
  assert.equal(preflight.headers.get("access-control-allow-headers"), "content-type,x-other");
  assert.equal(preflight.headers.get("access-control-allow-credentials"), null);
  const picture = await fetch(`${fake.url}/images/sample-content`, { headers: { origin: OTHER } });
  await picture.body?.cancel();
  assert.equal(picture.headers.get("access-control-allow-origin"), OTHER);
  assert.equal(picture.headers.get("cross-origin-resource-policy"), "cross-origin");
  assert.match(picture.headers.get("vary")!, /origin/);
});

Deno.test("a name that does not lead here is answered 421", async () => {
  await using fake = await serveFake();
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(fake.url).port) });
  const request = "GET /health HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n";
  await connection.write(new TextEncoder().encode(request));
  const answer = await new Response(connection.readable).text();
  assert.match(answer, /^HTTP\/1\.1 421 /);
  assert.match(answer, /"code":"FORBIDDEN"/);
});
