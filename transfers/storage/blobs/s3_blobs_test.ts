import assert from "node:assert/strict";
import type { Log } from "../../log.ts";
import { isError } from "../../testing/errors.ts";
import { assertSame, bytesOf, testBlobStore } from "../conformance/blob_store.ts";
import { ORPHAN_MILLISECONDS, removeOrphans } from "./orphans.ts";
import { S3Blobs } from "./s3_blobs.ts";
import { objectUrl, type S3Place } from "./s3_place.ts";
import { PATIENCE, type Patience } from "./s3_requests.ts";
import { type Mishap, S3Server } from "./testing/s3_server.ts";

const HOUR = 60 * 60 * 1000;
const EAGER: Patience = { ...PATIENCE, tries: 3, pauseMilliseconds: 1 };
/** What is slow only because of the machine is asked for often enough. */
const HASTY: Patience = { ...EAGER, tries: 10, answerMilliseconds: 100, stallMilliseconds: 100 };
const PART = 100_000;
/** Bytes that are put in parts: three. */
const MANY = 2 * PART + 1;
const BUSY: Mishap = { kind: "refused", status: 503, code: "SlowDown" };

class Stage implements AsyncDisposable {
  readonly server = new S3Server();
  readonly warned: string[] = [];
  readonly #log: Log = { info() {}, warn: (line) => this.warned.push(line) };
  readonly #opened: S3Blobs[] = [];

  async open(place: Partial<S3Place> = {}, patience = EAGER): Promise<S3Blobs> {
    const { place: own, credentials, asked } = this.server;
    const blobs = await S3Blobs.open({ ...own, ...place }, credentials, this.#log, {
      patience,
      pageKeys: 3,
      partBytes: PART,
    });
    this.#opened.push(blobs);
    asked.length = 0;
    return blobs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#opened) await each.close();
    await this.server[Symbol.asyncDispose]();
  }
}

testBlobStore("S3Blobs", async () => {
  const stage = new Stage();
  return { blobs: await stage.open(), another: await stage.open(), close: () => stage[Symbol.asyncDispose]() };
});

Deno.test("what a store does not do at once is asked for again, and put once", async () => {
  await using stage = new Stage();
  const { server } = stage;
  const blobs = await stage.open();
  const mishaps: Mishap[] = [
    BUSY,
    { kind: "refused", status: 429 },
    { kind: "refused", status: 502 },
    { kind: "refused", status: 400, code: "RequestTimeout" },
    { kind: "lost" },
  ];
  for (const mishap of mishaps) {
    server.next(/^PUT/, mishap);
    server.next(/^GET/, mishap);
    server.next(/^DELETE/, mishap);
    await blobs.put("a", bytesOf(9));
    assertSame(await blobs.get("a"), bytesOf(9));
    await blobs.remove("a");
    assert.deepEqual(
      server.asked.splice(0),
      ["PUT", "PUT", "GET", "GET", "DELETE", "DELETE"].map((each) => `${each} gramcast/a`),
    );
    assert.equal(server.objects.size, 0);
  }
});

Deno.test("a store that does not answer is asked again", async () => {
  await using stage = new Stage();
  const { server } = stage;
  const blobs = await stage.open({}, HASTY);
  for (const  of of[/^PUT/, /^GET gramcast/, /^GET list/, /^DELETE/]) server.next(of, { kind: "silent" });
  await blobs.put("a", bytesOf(9));
  assertSame(await blobs.get("a"), bytesOf(9));
  assert.equal((await Array.fromAsync(blobs.list(""))).length, 1);
  await blobs.remove("a");
  assert.equal(server.objects.size, 0);
  const impatient = await stage.open({}, { ...HASTY, tries: 1 });
  server.next(/^PUT/, { kind: "silent" });
  await assert.rejects(impatient.put("a", bytesOf(9)), isError("STORAGE_UNAVAILABLE", "found no answer within 0.1 s"));
});

Deno.test("a store that stays away is so, whatever is wanted of it, and says no secrets", async () => {
  await using stage = new Stage();
  const blobs = await stage.open();
  stage.server.next(/./, ...Array.from({ length: 15 }, () => BUSY));
  const isAway = (error: unknown) => {
    assert.doesNotMatch(String(error), /hush|token|127\.0\.0\.1/);
    return isError("STORAGE_UNAVAILABLE", "BLOBS", "found 503 SlowDown")(error);
  };
  await assert.rejects(blobs.put("a", bytesOf(9)), isAway);
  await assert.rejects(blobs.get("a"), isAway);
  await assert.rejects(blobs.stream("a"), isAway);
  await assert.rejects(blobs.remove("a"), isAway);
  await assert.rejects(Array.fromAsync(blobs.list("")), isAway);
  assert.equal(stage.server.asked.length, 15);
  await stage.server[Symbol.asyncDispose]();
  await assert.rejects(blobs.put("a", bytesOf(9)), isError("STORAGE_UNAVAILABLE", "a connection that failed"));
});

Deno.test("what a store refuses is not asked for again", async () => {
  await using stage = new Stage();
  const { server } = stage;
  const blobs = await stage.open();
  const refused = (status: number, code: string): Mishap => ({ kind: "refused", status, code });
  server.next(/^PUT/, refused(403, "AccessDenied"), refused(507, "XMinioStorageFull"), refused(403, "QuotaExceeded"));
  await assert.rejects(blobs.put("a", bytesOf(9)), isError("STORAGE_UNAVAILABLE", "403 AccessDenied"));
  await assert.rejects(blobs.put("a", bytesOf(9)), isError("STORAGE_FULL", "507 XMinioStorageFull", "room"));
  await assert.rejects(blobs.put("a", bytesOf(9)), isError("STORAGE_FULL", "403 QuotaExceeded"));
  server.next(/^(GET|DELETE)/, ...Array.from({ length: 3 }, () => refused(404, "NoSuchBucket")));
  await assert.rejects(blobs.get("a"), isError("STORAGE_UNAVAILABLE", "NoSuchBucket"));
  await assert.rejects(blobs.stream("a", { start: 0, end: 1 }), isError("STORAGE_UNAVAILABLE", "NoSuchBucket"));
  await assert.rejects(blobs.remove("a"), isError("STORAGE_UNAVAILABLE", "NoSuchBucket"));
  assert.equal(server.asked.length, 6);
  await assert.rejects(stage.open({ bucket: "others" }), isError("STORAGE_UNAVAILABLE", "404 NoSuchBucket"));
});

Deno.test("an answer that is cut off or stalls is gone on with where it ended", async () => {
  await using stage = new Stage();
  const { server } = stage;
  const blobs = await stage.open({}, HASTY);
  await blobs.put("a", bytesOf(900_000));
  for (const kind of ["cut", "stalled"] as const) {
    server.next(/^GET/, { kind }, { kind }, BUSY, { kind });
    assertSame(await blobs.get("a"), bytesOf(900_000));
    server.next(/^GET/, { kind }, { kind });
    const part = { start: 99_000, end: 800_000 };
    assertSame(await new Response(await blobs.stream("a", part)).bytes(), bytesOf(900_000).subarray(99_000, 800_000));
  }
  const eager = await stage.open();
  await eager.put("b", bytesOf(1));
  server.next(/^GET/, { kind: "cut" }, { kind: "cut" }, { kind: "cut" });
  await assert.rejects(eager.get("b"), isError("STORAGE_UNAVAILABLE", "an answer that was cut off"));
});

Deno.test("an object that goes while it is read is not taken for whole", async () => {
  await using stage = new Stage();
  const blobs = await stage.open();
  await blobs.put("a", bytesOf(900_000));
  stage.server.next(/^GET/, { kind: "cut" });
  const stream = await blobs.stream("a");
  await blobs.remove("a");
  await assert.rejects(new Response(stream).bytes(), isError("STORAGE_UNAVAILABLE", "an object that is gone"));
});

Deno.test("what comes damaged is read again, and what is damaged is as good as none", async () => {
  await using stage = new Stage();
  const { server, warned } = stage;
  const blobs = await stage.open();
  await blobs.put("a", bytesOf(500_000));
  server.next(/^GET/, { kind: "garbled" });
  assertSame(await blobs.get("a"), bytesOf(500_000));
  assert.deepEqual(warned, []);
  server.next(/^GET/, { kind: "garbled" }, { kind: "garbled" }, { kind: "garbled" });
  assert.equal(await blobs.get("a"), null);
  assert.match(warned.join(), /^Cannot read the blob a: found it damaged/);
  let count = 0;
  await assert.rejects(async () => {
    for await (const piece of (await blobs.stream("a"))!) count += piece.length;
  }, isError("STORAGE_UNREADABLE", "damaged"));
  assert.ok(count < 500_000);
  // Of another program, which says nothing of a checksum.
  server.objects.set("gramcast/b", { bytes: bytesOf(9), checksum: null, at: 0 });
  assertSame(await blobs.get("b"), bytesOf(9));
});

Deno.test("much is put in parts, of which those that fail are put again", async () => {
  await using stage = new Stage();
  const { server } = stage;
  const blobs = await stage.open();
  server.next(/partNumber/, BUSY, { kind: "lost" });
  await blobs.put("a", bytesOf(MANY));
  assertSame(await blobs.get("a"), bytesOf(MANY));
  const [begun, ...others] = server.asked;
  assert.equal(begun, "POST gramcast/a uploads");
  assert.equal(others.filter((each) => each === "PUT gramcast/a partNumber uploadId").length, 5);
  assert.deepEqual(others.slice(5), ["POST gramcast/a uploadId", "GET gramcast/a"]);
});

Deno.test("what cannot be put in parts leaves none behind", async () => {
  await using stage = new Stage();
  const { server } = stage;
  const blobs = await stage.open();
  const full: Mishap = { kind: "refused", status: 507, code: "XMinioStorageFull" };
  server.next(/partNumber/, full);
  await assert.rejects(blobs.put("a", bytesOf(MANY)), isError("STORAGE_FULL"));
  server.next(/^POST \S+ uploadId/, BUSY, BUSY, BUSY);
  await assert.rejects(blobs.put("a", bytesOf(MANY)), isError("STORAGE_UNAVAILABLE"));
  assert.deepEqual([server.uploads.size, await blobs.get("a")], [0, null]);
});

Deno.test("parts that were put together count, though the answer was lost", async () => {
  await using stage = new Stage();
  const { server } = stage;
  const blobs = await stage.open();
  server.next(/^POST \S+ uploadId/, { kind: "lost" });
  await blobs.put("a", bytesOf(MANY));
  assertSame(await blobs.get("a"), bytesOf(MANY));
  // What is there is something else.
  server.next(/^POST \S+ uploadId/, { kind: "refused", status: 404, code: "NoSuchUpload" });
  await assert.rejects(blobs.put("a", bytesOf(MANY + 1)), isError("STORAGE_UNAVAILABLE", "NoSuchUpload"));
});

Deno.test("a success that turns out to be none is none", async () => {
  await using stage = new Stage();
  const { server } = stage;
  const blobs = await stage.open();
  server.next(/^POST \S+ uploadId/, { kind: "refused", status: 200, code: "InternalError" });
  await blobs.put("a", bytesOf(MANY));
  assertSame(await blobs.get("a"), bytesOf(MANY));
  server.next(/^POST \S+ uploadId/, { kind: "refused", status: 200, code: "InvalidPart" });
  await assert.rejects(blobs.put("b", bytesOf(MANY)), isError("STORAGE_UNAVAILABLE", "InvalidPart"));
  server.next(/list-type/, { kind: "refused", status: 200 }, { kind: "cut" });
  assert.equal((await Array.fromAsync(blobs.list(""))).length, 1);
});

Deno.test("parts that nobody puts together are swept, others' and new ones are left", async () => {
  await using stage = new Stage();
  const { server } = stage;
  const blobs = await stage.open();
  const at = Date.now();
  const upload = { checksum: null, parts: new Map() };
  server.uploads.set("1", { ...upload, name: "gramcast/old", at: at - 25 * HOUR });
  server.uploads.set("2", { ...upload, name: "gramcast/new", at });
  server.uploads.set("3", { ...upload, name: "gramcast/Others' film", at: at - 25 * HOUR });
  server.uploads.set("4", { ...upload, name: "gramcast/old", at: at - 25 * HOUR });
  await blobs.sweep();
  assert.deepEqual([...server.uploads.keys()], ["2", "3"]);
});

Deno.test("a clock that is off is put right by the store's, which also tells ages", async () => {
  await using stage = new Stage();
  const { server } = stage;
  server.ahead = 5 * HOUR;
  const blobs = await stage.open();
  await blobs.put("a", bytesOf(9));
  const [{ age } = { age: NaN }] = await Array.fromAsync(blobs.list(""));
  assert.ok(age < HOUR);
  assert.deepEqual(server.asked, ["PUT gramcast/a", "GET list-type encoding-type prefix max-keys"]);
  // It was put before its clock was set.
  server.ahead = 6 * HOUR;
  const none = () => Promise.resolve(new Set<string>());
  assert.deepEqual(await removeOrphans(blobs, none), { count: 0, bytes: 0 });
  server.ahead += ORPHAN_MILLISECONDS;
  assert.deepEqual(await removeOrphans(blobs, none), { count: 1, bytes: 9 });
});

Deno.test("a list that is stale, or has others' objects in it, does no harm", async () => {
  await using stage = new Stage();
  const { server } = stage;
  const blobs = await stage.open();
  const old = { bytes: bytesOf(3), checksum: null, at: Date.now() - 2 * HOUR };
  const names = ["gone", "kept", "lost", "A picture & more.png", ".hidden", "x//y"];
  for (const name of names) server.objects.set(`gramcast/${name}`, old);
  server.objects.set("elsewhere/lost", old);
  server.goStale();
  await blobs.remove("gone");
  await blobs.put("new", bytesOf(3));
  assert.deepEqual((await Array.fromAsync(blobs.list(""))).map(({ key }) => key), ["gone", "kept", "lost"]);
  await removeOrphans(blobs, () => Promise.resolve(new Set(["kept"])));
  assert.deepEqual([...server.objects.keys()].sort(), [
    "elsewhere/lost",
    ...["gramcast/.hidden", "gramcast/A picture & more.png", "gramcast/kept", "gramcast/new", "gramcast/x//y"],
  ]);
});

Deno.test("a link leads whoever has it to a picture, with its name and kind", async () => {
  await using stage = new Stage();
  const blobs = await stage.open();
  await blobs.put("a/b.png", bytesOf(9));
  const shown = { seconds: 60, contentType: "image/png", fileName: null };
  const link = await blobs.presign("a/b.png", { ...shown, fileName: "my-picture.png" });
  const response = await fetch(link!);
  assertSame(await response.bytes(), bytesOf(9));
  assert.equal(response.headers.get("content-type"), "image/png");
  assert.equal(response.headers.get("content-disposition"), 'attachment; filename="my-picture.png"');
  const query = new URL((await blobs.presign("a/b.png", { ...shown, seconds: 1e9 }))!).searchParams;
  assert.deepEqual(["X-Amz-Expires", "response-content-disposition"].map((name) => query.get(name)), [
    "604800",
    "inline",
  ]);
  await assert.rejects(blobs.presign("a", { ...shown, fileName: 'a"; b' }), /as a file's name/);
  const inside = await stage.open({ publicEndpoint: null });
  assert.equal(await inside.presign("a/b.png", shown), null);
});

Deno.test("the bucket stands in the path, or before the host's name", () => {
  const place = { endpoint: new URL("https://s3.example:9000/store/"), bucket: "b", pathStyle: true } as S3Place;
  assert.equal(objectUrl(place, place.endpoint, "p/a").href, "https://s3.example:9000/store/b/p/a");
  assert.equal(objectUrl(place, place.endpoint, "").href, "https://s3.example:9000/store/b");
  const named = { ...place, endpoint: new URL("https://s3.example"), pathStyle: false };
  assert.equal(objectUrl(named, named.endpoint, "p/a").href, "https://b.s3.example/p/a");
  assert.equal(objectUrl(named, named.endpoint, "").href, "https://b.s3.example/");
});
