import assert from "node:assert/strict";
import { serveFake } from "./testing/serve_fake.ts";

const START = `mutation { startTransfer(input: {
  content: { sample: "content" }, styles: [{ image: { sample: "style" } }], size: 64, steps: 3
}) { transfer { id } } }`;

Deno.test("/health answers without asking the transfers anything", async () => {
  await using fake = await serveFake();
  fake.services.transfers.failures.set("engine", new Error("must not be asked"));
  const response = await fetch(`${fake.url}/health`);
  assert.deepEqual([response.status, await response.json()], [200, { status: "ok" }]);
  assert.ok(fake.services.transfers.failures.has("engine"));
});

Deno.test("/ready answers 503 without an engine, and while the storage is full", async () => {
  await using fake = await serveFake();
  const state = async () => {
    const response = await fetch(`${fake.url}/ready`);
    return [response.status, (await response.json()).status];
  };
  assert.deepEqual(await state(), [200, "ready"]);
  fake.services.transfers.failures.set("engine", new Error("no engine"));
  assert.deepEqual(await state(), [503, "no engine"]);
  fake.services.transfers.storageWritable = false;
  assert.deepEqual(await state(), [503, "storage full"]);
  fake.services.transfers.storageWritable = true;
  assert.deepEqual(await state(), [200, "ready"]);
});

Deno.test("/metrics counts transfers, steps and watchers", async () => {
  await using fake = await serveFake();
  for (let i = 0; i < 3; i++) await fake.post(START);
  fake.services.transfers.step("tr_1", 3);
  fake.services.transfers.step("tr_2", 2);
  const response = await fetch(`${fake.url}/metrics`);
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assert.equal(response.headers.get("cache-control"), "no-store");
  const text = await response.text();
  for (
    const line of [
      "gramcast_transfers_waiting 1",
      "gramcast_transfers_running 1",
      'gramcast_transfers_ended_total{status="SUCCEEDED"} 1',
      "gramcast_steps_total 5",
      "gramcast_watchers 0",
      "gramcast_sockets 0",
    ]
  ) assert.ok(text.includes(`${line}\n`), line);
  assert.ok(Number(/^process_resident_memory_bytes (\d+)$/m.exec(text)![1]) > 1e6);
});

Deno.test("/ leads to GraphiQL, and asks for nothing elsewhere", async () => {
  await using fake = await serveFake();
  const response = await fetch(fake.url);
  const page = await response.text();
  assert.match(page, /href="\/graphql"/);
  assert.doesNotMatch(page, /https?:/);
  assert.match(response.headers.get("content-security-policy")!, /default-src 'none'/);
});

Deno.test("pages given to the server take the place of the landing page, and leave the rest", async () => {
  await using fake = await serveFake({ pages: (_request, path) => path === "/" ? new Response("studio") : undefined });
  assert.equal(await (await fetch(fake.url)).text(), "studio");
  const other = await fetch(`${fake.url}/other`);
  assert.deepEqual([other.status, await other.text()], [404, "Cannot find this page\n"]);
  assert.equal(other.headers.get("cache-control"), "no-store");
});

Deno.test("pictures are served with their type, for ever, and not twice", async () => {
  await using fake = await serveFake();
  await fake.post(START);
  fake.services.transfers.step("tr_1", 3);
  const paths: [path: string, type: string, caching: RegExp, body: RegExp][] = [
    ["/images/im_content", "image/png", /immutable/, /PNG/],
    ["/transfers/tr_1/frames/2.jpg", "image/jpeg", /immutable/, /^JPEG of step 2$/],
    ["/transfers/tr_1/frames/2.png", "image/png", /immutable/, /^PNG of step 2$/],
    ["/transfers/tr_1/result.png", "image/png", /no-cache/, /PNG/],
    ["/transfers/tr_1/result.jpg", "image/jpeg", /no-cache/, /^JPEG of step 3$/],
  ];
  for (const [path, type, caching, body] of paths) {
    const response = await fetch(fake.url + path);
    assert.equal(response.status, 200, path);
    assert.match(await response.text(), body);
    assert.equal(response.headers.get("content-type"), type);
    assert.match(response.headers.get("cache-control")!, caching);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    assert.match(response.headers.get("content-security-policy")!, /sandbox/);
    const etag = response.headers.get("etag")!;
    const again = await fetch(fake.url + path, { headers: { "if-none-match": `"other", W/${etag}` } });
    assert.deepEqual([again.status, await again.text()], [304, ""]);
    const head = await fetch(fake.url + path, { method: "HEAD" });
    assert.deepEqual([head.status, await head.text()], [200, ""]);
    assert.notEqual(head.headers.get("content-length"), "0");
  }
  const before = fake.services.encodings.length;
  await fetch(`${fake.url}/transfers/tr_1/frames/2.jpg`, { headers: { "if-none-match": '"tr_1-2-jpg"' } });
  assert.equal(fake.services.encodings.length, before);
});

Deno.test("what is no picture of the caller's is 404, and not cached", async () => {
  await using fake = await serveFake();
  await fake.post(START);
  const paths = [
    "/images/im_9",
    "/images/..%2f..%2fetc%2fpasswd",
    "/images/",
    "/transfers/tr_9/frames/1.jpg",
    "/transfers/tr_1/frames/1.jpg",
    "/transfers/tr_1/frames/0.jpg",
    "/transfers/tr_1/frames/1.gif",
    "/transfers/tr_1/frames/99999999999.jpg",
    "/transfers/tr_1/result.png",
    "/transfers/tr_9/result.png",
  ];
  for (const path of paths) {
    const response = await fetch(fake.url + path);
    assert.match(await response.text(), /^Cannot find/);
    assert.equal(response.status, 404, path);
    assert.doesNotMatch(response.headers.get("cache-control") ?? "", /immutable/);
  }
  const post = await fetch(`${fake.url}/images/im_content`, { method: "POST" });
  assert.deepEqual([post.status, await post.text()], [405, "Cannot change a picture: wanted GET\n"]);
});

Deno.test("an error in a route is logged and masked", async () => {
  await using fake = await serveFake();
  fake.services.transfers.failures.set("get", new Error("secret of /home"));
  const response = await fetch(`${fake.url}/transfers/tr_1/result.png`);
  assert.equal(response.status, 500);
  assert.equal(await response.text(), "Cannot answer: found an internal error, which has been logged\n");
  assert.match(fake.log.join(), /^Internal error: Error: secret of \/home, at /);
});
