import assert from "node:assert/strict";
import { RequestAddress } from "./request_address.ts";
import { serveFake } from "./testing/serve_fake.ts";

const PROXY = "10.1.2.3";

function resolve(address: RequestAddress, headers: Record<string, string>, peer = PROXY, target = "/graphql?a=b") {
  return address.resolve({ target, header: (name) => headers[name], peer })?.href;
}

Deno.test("RequestAddress believes what a trusted proxy says of host and scheme, and nobody else", () => {
  const address = new RequestAddress({ publicUrl: null, trustedProxies: ["10.0.0.0/8", "::1", "127.0.0.1"] });
  const own = "http://inside:4000/graphql?a=b";
  const cases: [headers: Record<string, string>, wanted: string][] = [
    [{}, own],
    [{ "x-forwarded-host": "paint.example", "x-forwarded-proto": "https" }, "https://paint.example/graphql?a=b"],
    [{ "x-forwarded-proto": "HTTPS" }, "https://inside:4000/graphql?a=b"],
    [{ forwarded: 'for=1.2.3.4;host="paint.example:8080";proto=https' }, "https://paint.example:8080/graphql?a=b"],
    [{ forwarded: "host=evil.example, for=a;Host=paint.example" }, "http://paint.example/graphql?a=b"],
    [{ "x-forwarded-host": "evil.example, paint.example" }, "http://paint.example/graphql?a=b"],
    [{ "x-forwarded-host": "paint.example", forwarded: "host=evil.example" }, "http://paint.example/graphql?a=b"],
    [{ "x-forwarded-proto": "gopher" }, own],
    [{ forwarded: ";;=," }, own],
  ];
  for (const [headers, wanted] of cases) {
    for (const peer of [PROXY, "::1", "::ffff:127.0.0.1"]) {
      assert.equal(resolve(address, { host: "inside:4000", ...headers }, peer), wanted, JSON.stringify(headers));
    }
    for (const peer of ["11.1.2.3", "::2", "nonsense", ""]) {
      assert.equal(resolve(address, { host: "inside:4000", ...headers }, peer), own);
    }
  }
});

Deno.test("RequestAddress takes the path of the public URL off, where no proxy has", () => {
  const address = new RequestAddress({ publicUrl: new URL("https://paint.example/a/b/"), trustedProxies: [] });
  const paths = ["/a/b/graphql", "/graphql", "/a/b", "/a/b/", "/a/bc", "/a/b/a/b/x?y"];
  assert.deepEqual(
    paths.map((path) => resolve(address, { host: "h" }, PROXY, path)),
    ["/graphql", "/graphql", "/", "/", "/a/bc", "/a/b/x?y"].map((path) => `http://h${path}`),
  );
});

Deno.test("RequestAddress resolves no host that is none", () => {
  const address = new RequestAddress({ publicUrl: null, trustedProxies: [PROXY] });
  for (const host of ["a b", "a/b", "me@a", "a?b", "a:99999", "[::1", "<script>", "\\"]) {
    assert.equal(resolve(address, { host }), undefined, host);
    assert.equal(resolve(address, { host: "a", "x-forwarded-host": host }), undefined, host);
  }
});

Deno.test("below a public URL with a path, every address in an answer has it and every route is there", async () => {
  const publicUrl = new URL("https://paint.example/gramcast/");
  await using fake = await serveFake({ publicUrl });
  const { errors, data } = await fake.post("{ samples { image { url } } }", {}, { origin: publicUrl.origin });
  assert.deepEqual(errors, []);
  for (const { image: { url } } of data.samples) {
    assert.match(url, /^\/gramcast\/images\/sample-/);
    for (const path of [url, url.replace("/gramcast", "")]) {
      const response = await fetch(fake.url + path);
      assert.equal(response.status, 200);
      await response.body?.cancel();
    }
  }
  const id = await fake.start({ size: 64, steps: 3, frameEvery: 1 });
  await fake.services.step(2);
  const frame = (await fake.post(`{ transfer(id: "${id}") { frame { url } } }`)).data.transfer.frame;
  assert.equal(frame.url, `/gramcast/transfers/${id}/frames/2.jpg`);
  const page = await fetch(`${fake.url}/gramcast/graphql`, { headers: { accept: "text/html" } });
  assert.match(page.headers.get("content-security-policy")!, /ws:\/\/paint\.example wss:\/\/paint\.example/);
  assert.match(await page.text(), /"\/gramcast\/graphql"/);
});

Deno.test("a host that is none is answered 400 and leaves nothing in the log", async () => {
  await using fake = await serveFake();
  const { hostname, port } = new URL(fake.url);
  for (
    const head of [
      "GET /health HTTP/1.1\r\nHost: a b",
      "GET /health HTTP/1.1\r\nHost: <x>",
      "GET http:// HTTP/1.1\r\nHost: a",
    ]
  ) {
    const connection = await Deno.connect({ hostname, port: Number(port) });
    await connection.write(new TextEncoder().encode(`${head}\r\nConnection: close\r\n\r\n`));
    assert.match(await new Response(connection.readable).text(), /^HTTP\/1\.1 400 /, head);
  }
  assert.deepEqual(fake.log, []);
});

Deno.test("RequestAddress tells clients apart by what trusted proxies have seen, and nobody's word else", () => {
  const address = new RequestAddress({ publicUrl: null, trustedProxies: ["10.0.0.0/8", "fd00::/8"] });
  const clientOf = (headers: Record<string, string>, peer: string | undefined = PROXY) =>
    address.clientOf({ header: (name) => headers[name], peer });
  const cases: [headers: Record<string, string>, peer: string | undefined, wanted: string][] = [
    [{}, "1.2.3.4", "1.2.3.4"],
    [{}, "::ffff:1.2.3.4", "1.2.3.4"],
    [{}, "", "unknown"],
    [{ "x-forwarded-for": "5.6.7.8" }, "1.2.3.4", "1.2.3.4"],
    [{ "x-forwarded-for": "5.6.7.8" }, PROXY, "5.6.7.8"],
    [{ "x-forwarded-for": "9.9.9.9, 5.6.7.8" }, PROXY, "5.6.7.8"],
    [{ "x-forwarded-for": "9.9.9.9, 5.6.7.8, 10.0.0.1" }, PROXY, "5.6.7.8"],
    [{ "x-forwarded-for": "5.6.7.8:1234" }, PROXY, "5.6.7.8"],
    [{ "x-forwarded-for": "nonsense" }, PROXY, PROXY],
    [{ "x-forwarded-for": "10.0.0.2, 10.0.0.1" }, PROXY, "10.0.0.2"],
    [{ forwarded: "for=5.6.7.8;proto=https" }, PROXY, "5.6.7.8"],
    [{ forwarded: 'for="[2001:db8:1:2:3::9]:4711"' }, PROXY, "2001:db8:1:2::/64"],
    [{ forwarded: "for=_hidden" }, PROXY, PROXY],
    [{ "x-forwarded-for": "5.6.7.8", forwarded: "for=9.9.9.9" }, PROXY, "5.6.7.8"],
    [{}, "2001:DB8:0:0:1::1", "2001:db8:0:0::/64"],
    [{}, "2001:db8::2", "2001:db8:0:0::/64"],
    [{}, "::1", "0:0:0:0::/64"],
    [{}, "fe80::1%eth0", "fe80:0:0:0::/64"],
    [{ "x-forwarded-for": "2001:db8:1:2:aaaa::1" }, "fd00::1", "2001:db8:1:2::/64"],
  ];
  for (const [headers, peer, wanted] of cases) {
    assert.equal(clientOf(headers, peer), wanted, JSON.stringify([headers, peer]));
  }
});
