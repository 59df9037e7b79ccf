import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { encodePicture } from "../images/encode.ts";
import { GramcastError } from "../errors.ts";
import { storageUnavailable } from "../transfers/storage/unavailable.ts";
import { decodePicture, inspectImage, NO_LIMITS } from "../images/decode.ts";
import type { WrittenFormat } from "../images/written_format.ts";
import { FullStorage } from "../transfers/testing/full_storage.ts";
import { FakeFilms } from "../transfers/testing/fake_films.ts";
import { movingContent } from "../transfers/testing/moving_content.ts";
import { until } from "../tests/testing/in_time.ts";
import { type FakeServer, serveFake } from "./testing/serve_fake.ts";

const OPTIONS = { size: 64, steps: 3, frameEvery: 1, keepFrames: true };

Deno.test("/health answers without asking engine or storage anything", async () => {
  await using fake = await serveFake();
  const { engine, ports: { queue, store } } = fake.services;
  const asked = () => Promise.reject(new Error("must not be asked"));
  Object.assign(engine, { info: asked });
  Object.assign(queue, { waiting: asked });
  Object.assign(store, { get: asked });
  const response = await fetch(`${fake.url}/health`);
  assert.deepEqual([response.status, await response.json()], [200, { status: "ok" }]);
});

Deno.test("/ready answers 503 without an engine, and while the storage is full", async () => {
  const { store, queue, full } = new FullStorage();
  await using fake = await serveFake({}, { ports: { store, queue } });
  const { engine, clock } = fake.services;
  const state = async () => {
    const response = await fetch(`${fake.url}/ready`);
    return [response.status, (await response.json()).status];
  };
  assert.deepEqual(await state(), [200, "ready"]);
  engine.failure = new Error("no engine");
  assert.deepEqual(await state(), [503, "no engine"]);
  engine.failure = null;
  assert.deepEqual(await state(), [200, "ready"]);
  const id = await fake.start(OPTIONS);
  await fake.services.step();
  full.add("append");
  engine.allow(1);
  while ((await state())[0] === 200);
  assert.deepEqual(await state(), [503, "storage full"]);
  full.clear();
  clock.advance(1000);
  await fake.services.finish(id);
  assert.deepEqual(await state(), [200, "ready"]);
});

Deno.test("a server that answers no callers tells those who watch it how it is, and nobody anything else", async () => {
  await using fake = await serveFake({ answersCallers: false });
  for (
    const [path, status] of [["/health", 200], ["/ready", 200], ["/metrics", 200], ["/", 404], [
      "/graphql",
      404,
    ]] as const
  ) {
    const response = await fetch(fake.url + path, { headers: { accept: "text/html" } });
    const text = await response.text();
    assert.equal(response.status, status, path);
    if (status === 404) assert.match(text, /ROLE=api or all/);
  }
  const body = JSON.stringify({ query: "{ __typename }" });
  const asked = await fetch(`${fake.url}/graphql`, {
    method: "POST",
    body,
    headers: { "content-type": "application/json" },
  });
  assert.equal(asked.status, 404);
  await asked.body?.cancel();
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const socket = new WebSocket(`${fake.url}/graphql`, "graphql-transport-ws");
  socket.onopen = () => assert.fail("A socket was opened");
  socket.onclose = socket.onerror = () => resolve();
  await closed;
});

Deno.test("/ready of a server without an engine does not wait for a worker", async () => {
  await using fake = await serveFake();
  const { transfers } = fake.services;
  const vitals = { ...await transfers.vitals(), engines: 0 };
  Object.assign(transfers, { vitals: () => Promise.resolve(vitals), engine: () => Promise.reject(new Error("none")) });
  const response = await fetch(`${fake.url}/ready`);
  assert.deepEqual([response.status, await response.json()], [200, { status: "ready" }]);
});

Deno.test("/metrics counts transfers, steps and watchers", async () => {
  await using fake = await serveFake();
  for (let i = 0; i < 3; i++) await fake.start(OPTIONS);
  // Three for the first, and two for the second.
  await fake.services.step(5);
  const response = await fetch(`${fake.url}/metrics`);
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assert.equal(response.headers.get("cache-control"), "no-store");
  const text = await response.text();
  for (
    const line of [
      "gramcast_transfers_waiting 1",
      "gramcast_transfers_running 1",
      'gramcast_transfers_ended_total{status="SUCCEEDED"} 1',
      'gramcast_step_seconds_bucket{le="+Inf"} 5',
      "gramcast_queue_wait_seconds_count 2",
      'gramcast_request_duration_seconds_count{operation="mutation",status="2xx"} 3',
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

Deno.test("a painting that moves is served as what moves, and elsewhere by its first frame", async () => {
  await using fake = await serveFake();
  const { services } = fake;
  const id = await painted(fake);
  const { resultId } = await services.record(id);
  const shown = async (path: string) => {
    const response = await fetch(`${fake.url}${path}`);
    const { mimeType, frames } = await inspectImage(await response.bytes(), NO_LIMITS);
    const known = await fetch(`${fake.url}${path}`, { headers: { "if-none-match": response.headers.get("etag")! } });
    assert.deepEqual([response.headers.get("content-type"), known.status, await known.text()], [mimeType, 304, ""]);
    return [mimeType, frames];
  };
  const paths = [`/images/${resultId}`, `/transfers/${id}/result.webp`, `/transfers/${id}/result?format=webp`];
  for (const path of paths) assert.deepEqual(await shown(path), ["image/webp", 3]);
  for (const path of [`/transfers/${id}/result.gif`, `/transfers/${id}/result.webp?format=gif`]) {
    assert.deepEqual(await shown(path), ["image/gif", 3]);
  }
  for (const ending of ["png", "jpg", "avif", "tiff"]) {
    assert.deepEqual(await shown(`/transfers/${id}/result.${ending}`), [`image/${ending.replace("jpg", "jpeg")}`, 1]);
  }
  const poster = await (await fetch(`${fake.url}/transfers/${id}/result.png`)).bytes();
  const frame = await (await services.own.frame(id, 4))!.picture();
  assert.deepEqual(await decodePicture(poster, NO_LIMITS), frame);
});

/** Paints a content that moves to its end. @returns its id. */
async function painted(fake: FakeServer): Promise<string> {
  const content = { base64: movingContent().toBase64() };
  const id = await fake.start({ size: 64, steps: 4, frameEvery: 2, content, moving: true });
  await fake.services.finish(id);
  return id;
}

Deno.test("a GIF and a film of what moves are made once, told apart by their tags, and served in part", async () => {
  const films = new FakeFilms();
  await using fake = await serveFake({}, { ports: { films } });
  const id = await painted(fake);
  const { images } = fake.services.ports;
  const before = (await images.all()).length;
  const tags = new Set<string>();
  for (const [ending, type] of [["gif", "image/gif"], ["mp4", "video/mp4"]] as const) {
    const url = `${fake.url}/transfers/${id}/result.${ending}`;
    const all = await Promise.all([0, 1, 2].map(async () => await (await fetch(url)).bytes()));
    const whole = await fetch(url, { method: "HEAD" });
    const tag = whole.headers.get("etag")!;
    tags.add(tag);
    assert.deepEqual([whole.status, whole.headers.get("content-type")], [200, type]);
    assert.equal(whole.headers.get("content-length"), String(all[0]!.byteLength));
    const policy = whole.headers.get("content-security-policy")!;
    assert.deepEqual([/media-src 'self'/.test(policy), /; sandbox/.test(policy)], [ending === "mp4", true]);
    const part = await fetch(url, { headers: { "range": "bytes=3-12", "if-range": tag } });
    assert.deepEqual([part.status, await part.bytes()], [206, all[0]!.subarray(3, 13)]);
    assert.equal(part.headers.get("content-range"), `bytes 3-12/${all[0]!.byteLength}`);
    for (const bytes of all) assert.deepEqual(bytes, all[0]);
    const known = await fetch(url, { headers: { "if-none-match": tag } });
    assert.deepEqual([known.status, await known.text()], [304, ""]);
  }
  assert.deepEqual([tags.size, films.count, (await images.all()).length], [2, 1, before + 2]);
});

Deno.test("a client that leaves ends its film", async () => {
  const films = new FakeFilms();
  await using fake = await serveFake({}, { ports: { films } });
  const id = await painted(fake);
  films.hold();
  const leaving = new AbortController();
  const asked = fetch(`${fake.url}/transfers/${id}/result?format=mp4`, { signal: leaving.signal });
  await until(() => films.count === 1);
  leaving.abort();
  await assert.rejects(asked);
  await until(() => films.brokenOff.length === 1);
  assert.deepEqual(fake.log, []);
});

Deno.test("a film is refused where nothing writes it, and of what does not move", async () => {
  await using fake = await serveFake();
  const [moving, still] = [await painted(fake), await fake.start(OPTIONS)];
  await fake.services.finish(still);
  const refusal = async (path: string) => {
    const response = await fetch(fake.url + path);
    const { errors: [{ message, extensions: { code } }] } = await response.json();
    return [response.status, code, message];
  };
  const none = [
    501,
    "FORMAT_UNAVAILABLE",
    /^Cannot write MP4: found no FFmpeg on this server, wanted .* FFMPEG/,
  ] as const;
  const formats = "png, jpg, webp, avif, tiff, gif";
  const wanted = `Cannot use format "mp4": wanted one of ${formats} for a result that does not move`;
  for (const path of ["result.mp4", "result.png?format=MP4", "result.MP4"]) {
    const [status, code, message] = await refusal(`/transfers/${moving}/${path}`);
    assert.deepEqual([status, code], none.slice(0, 2));
    assert.match(message, none[2]);
    assert.deepEqual(await refusal(`/transfers/${still}/${path}`), [400, "BAD_USER_INPUT", wanted]);
  }
  for (
    const [path, said] of [
      ["frames/3.mp4", `Cannot use format "mp4": wanted one of ${formats} for a frame\n`],
      ["result.mp4?bits=16", 'Cannot use bits "16": wanted 8, or 16 with PNG or TIFF\n'],
    ]
  ) {
    const response = await fetch(`${fake.url}/transfers/${moving}/${path}`);
    assert.deepEqual([response.status, await response.text()], [400, said]);
  }
});

Deno.test("pictures are served with their type, for ever, and not twice", async () => {
  await using fake = await serveFake();
  const { services } = fake;
  const id = await fake.start(OPTIONS);
  const { resultId } = await services.finish(id);
  const image = async (id: string) => await services.own.images.read((await services.own.images.get(id))!);
  const frame = async (step: number, format: WrittenFormat, recipe: string | null = null) =>
    await encodePicture(await (await services.own.frame(id, step))!.picture(), { format, recipe });
  const recipe = await services.own.recipe(id);
  const paths: [path: string, type: string, caching: RegExp, bytes: Uint8Array][] = [
    ["/images/sample-content", "image/png", /immutable/, await image("sample-content")],
    [`/images/${resultId}`, "image/png", /immutable/, await image(resultId!)],
    [`/transfers/${id}/frames/2.jpg`, "image/jpeg", /immutable/, await frame(2, "JPEG")],
    [`/transfers/${id}/frames/2.png`, "image/png", /immutable/, await frame(2, "PNG")],
    [`/transfers/${id}/result.png`, "image/png", /no-cache/, await image(resultId!)],
    [`/transfers/${id}/result.jpg`, "image/jpeg", /no-cache/, await frame(3, "JPEG", recipe)],
    [`/transfers/${id}/result.webp`, "image/webp", /no-cache/, await frame(3, "WEBP", recipe)],
    [`/transfers/${id}/result.gif`, "image/gif", /no-cache/, await frame(3, "GIF", recipe)],
    [`/transfers/${id}/result.avif`, "image/avif", /no-cache/, await frame(3, "AVIF", recipe)],
    [`/transfers/${id}/result.tiff`, "image/tiff", /no-cache/, await frame(3, "TIFF", recipe)],
    [`/transfers/${id}/result?format=tif`, "image/tiff", /no-cache/, await frame(3, "TIFF", recipe)],
    [`/transfers/${id}/result.jpg?format=png`, "image/png", /no-cache/, await image(resultId!)],
    [`/transfers/${id}/frames/2.jpg?format=avif`, "image/avif", /immutable/, await frame(2, "AVIF")],
    [`/transfers/${id}/frames/2?format=JPEG`, "image/jpeg", /immutable/, await frame(2, "JPEG")],
  ];
  for (const [path, type, caching, bytes] of paths) {
    const response = await fetch(fake.url + path);
    assert.equal(response.status, 200, path);
    assert.equal((await response.bytes()).toBase64(), bytes.toBase64(), path);
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
    const rest = await fetch(fake.url + path, { headers: { "range": "bytes=100-", "if-range": etag } });
    assert.equal(rest.status, 206, path);
    assert.equal((await rest.bytes()).toBase64(), bytes.subarray(100).toBase64(), path);
  }
  const before = services.encodings.length;
  await fetch(`${fake.url}/transfers/${id}/frames/2.jpg`, { headers: { "if-none-match": `"${id}-2-JPEG"` } });
  assert.equal(services.encodings.length, before);
});

Deno.test("a picture that cannot be had now says when to ask again, and one that is gone that it is", async () => {
  await using fake = await serveFake();
  const { services } = fake;
  const id = await fake.start(OPTIONS);
  const { resultId } = await services.finish(id);
  const { images } = services.ports;
  const answer = async (error: GramcastError) => {
    images.stream = () => Promise.reject(error);
    const response = await fetch(`${fake.url}/images/${resultId}`);
    const { errors: [{ extensions }] } = await response.json();
    return [response.status, response.headers.get("retry-after"), extensions];
  };
  assert.deepEqual(await answer(storageUnavailable("Cannot read it")), [503, "5", {
    code: "STORAGE_UNAVAILABLE",
    retryAfter: 5,
  }]);
  assert.deepEqual(await answer(new GramcastError("NOT_FOUND", "It is gone")), [404, null, { code: "NOT_FOUND" }]);
});

Deno.test("whoever can follow is sent to where a picture is, and nobody who may not see it", async () => {
  await using fake = await serveFake();
  const { services } = fake;
  const id = await fake.start(OPTIONS);
  const { resultId } = await services.finish(id);
  services.ports.images.link = ({ sha256 }, seconds) => Promise.resolve(`https://s3.example/${sha256}?${seconds}`);
  const { sha256 } = (await services.own.images.get(resultId!))!;
  const ask = async (path: string, headers: HeadersInit = {}, method = "GET") => {
    const response = await fetch(fake.url + path, { method, headers, redirect: "manual" });
    await response.body?.cancel();
    return response;
  };
  const cors = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" };
  for (
    const [path, caching] of [[`/images/${resultId}`, "private, max-age=120"], [
      `/transfers/${id}/result.png`,
      "private, no-cache",
    ]]
  ) {
    for (
      const headers of [{}, { "sec-fetch-site": "none", "sec-fetch-mode": "navigate" }, {
        ...cors,
        "sec-fetch-mode": "no-cors",
      }]
    ) {
      const response = await ask(path!, headers);
      assert.equal(response.status, 307);
      assert.equal(response.headers.get("location"), `https://s3.example/${sha256}?300`);
      assert.equal(response.headers.get("cache-control"), caching);
      assert.match(response.headers.get("vary")!, /sec-fetch-mode/);
    }
    for (const headers of [cors, { "sec-fetch-site": "same-origin", "sec-fetch-mode": "no-cors" }]) {
      assert.equal((await ask(path!, headers)).status, 200);
    }
    assert.equal((await ask(path!, {}, "HEAD")).status, 200);
    assert.equal((await ask(path!, { "if-none-match": `"${sha256}"` })).status, 304);
  }
  for (const path of ["/images/sample-content", `/transfers/${id}/frames/2.png`, `/transfers/${id}/result.jpg`]) {
    assert.equal((await ask(path)).status, 200, path);
  }
  assert.equal((await ask(`/images/${crypto.randomUUID()}`)).status, 404);
});

Deno.test("what is no picture of the caller's is 404, and not cached", async () => {
  await using fake = await serveFake();
  const id = await fake.start(OPTIONS);
  const paths = [
    "/images/other",
    `/images/${crypto.randomUUID()}`,
    "/images/..%2f..%2fetc%2fpasswd",
    "/images/",
    "/transfers/other/frames/1.jpg",
    `/transfers/${id}/frames/1.jpg`,
    `/transfers/${id}/frames/0.jpg`,
    `/transfers/${id}/frames/1.gif`,
    `/transfers/${id}/frames/99999999999.jpg`,
    `/transfers/${id}/result.png`,
    "/transfers/other/result.png",
    `/transfers/${id}/result`,
    `/transfers/${id}/frames/2`,
    `/transfers/${id}/result.toString`,
    "/transfers/other/result?format=avif",
  ];
  for (const path of paths) {
    const response = await fetch(fake.url + path);
    assert.match(await response.text(), /^Cannot find/);
    assert.equal(response.status, 404, path);
    assert.doesNotMatch(response.headers.get("cache-control") ?? "", /immutable/);
  }
  const post = await fetch(`${fake.url}/images/sample-content`, { method: "POST" });
  assert.deepEqual([post.status, await post.text()], [405, "Cannot change a picture: wanted GET\n"]);
});

Deno.test("a result is served in 16 bits as PNG and TIFF, as it was kept, and nothing else is", async () => {
  await using fake = await serveFake();
  const { services } = fake;
  const id = await fake.start(OPTIONS);
  await services.finish(id);
  const picture = await (await services.own.frame(id, null))!.finest();
  assert.ok(new Set(picture.rgb16).size > 256, "more than 8 bits hold");
  const recipe = await services.own.recipe(id);
  for (const [path, format] of [["result.png?bits=16", "PNG"], ["result?format=tiff&bits=16", "TIFF"]] as const) {
    const response = await fetch(`${fake.url}/transfers/${id}/${path}`);
    const wanted = await encodePicture(picture, { format, recipe, bits: 16 });
    assert.ok(Buffer.compare(await response.bytes(), wanted) === 0, path);
    assert.equal(response.headers.get("content-type"), `image/${format.toLowerCase()}`);
    const coarse = await fetch(`${fake.url}/transfers/${id}/${path.replace("16", "8")}`);
    assert.notEqual(coarse.headers.get("etag"), response.headers.get("etag"));
    assert.notEqual((await coarse.bytes()).byteLength, wanted.byteLength);
  }
  const refusals = [
    ["result.png?bits=12", 'Cannot use bits "12": wanted 8 or 16\n'],
    ["result.jpg?bits=16", 'Cannot use bits "16": wanted 8, or 16 with PNG or TIFF\n'],
    ["frames/2.png?bits=16", 'Cannot use bits "16": wanted 8 for a frame, or 16 for a result\n'],
  ] as const;
  for (const [path, wanted] of refusals) {
    const response = await fetch(`${fake.url}/transfers/${id}/${path}`);
    assert.deepEqual([response.status, await response.text()], [400, wanted]);
  }
  const none = await fetch(`${fake.url}/transfers/other/result.png?bits=16`);
  assert.deepEqual([none.status, await none.text()], [404, "Cannot find this picture\n"]);
});

Deno.test("a result that was kept in 8 bits is served in 16 with its own colours", async () => {
  await using fake = await serveFake();
  const { services } = fake;
  const id = await fake.start(OPTIONS);
  const { step } = await services.finish(id);
  const { rgb16: _, ...picture } = await (await services.own.frame(id, null))!.finest();
  const { store } = services.ports;
  await store.saveFrame(id, { ...picture, step }, await encodePicture(picture, { format: "PNG" }), true);
  const response = await fetch(`${fake.url}/transfers/${id}/result.png?bits=16`);
  const file = await response.bytes();
  const limits = { maxBytes: 1e9, maxPixels: 1e9 };
  assert.deepEqual([file[24], (await decodePicture(file, limits, { fine: true })).rgb], [16, picture.rgb]);
});

Deno.test("a format that pictures are not written in is refused by name", async () => {
  await using fake = await serveFake();
  for (const asked of ["bmp", "", "toString"]) {
    const response = await fetch(`${fake.url}/transfers/other/result.png?format=${asked}`);
    const wanted = `Cannot use format "${asked}": wanted one of png, jpg, webp, avif, tiff, gif\n`;
    assert.deepEqual([response.status, await response.text()], [400, wanted]);
  }
});

Deno.test("an error in a route is logged and masked", async () => {
  await using fake = await serveFake();
  fake.services.ports.store.get = () => Promise.reject(new Error("secret of /home"));
  const response = await fetch(`${fake.url}/transfers/other/result.png`);
  assert.equal(response.status, 500);
  assert.equal(await response.text(), "Cannot answer: found an internal error, which has been logged\n");
  assert.match(fake.log.join(), /^Internal error: Error: secret of \/home, at /);
});
