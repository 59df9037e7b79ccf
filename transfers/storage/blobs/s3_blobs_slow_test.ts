/** Blobs in another's store, which checks signatures and what it is given. */
import assert from "node:assert/strict";
import { testWhere } from "../../../tests/testing/test_where.ts";
import { SILENT_LOG } from "../../log.ts";
import { isError } from "../../testing/errors.ts";
import { assertSame, bytesOf, testBlobStore } from "../conformance/blob_store.ts";
import { S3Blobs } from "./s3_blobs.ts";
import { S3Fault } from "./s3_fault.ts";
import { PATIENCE, S3Requests } from "./s3_requests.ts";
import { NO_VERSITY, Versity } from "./testing/versity.ts";

const HOUR = 60 * 60 * 1000;

function testOnVersity(name: string, body: (versity: Versity, blobs: S3Blobs) => Promise<void>): void {
  testWhere(NO_VERSITY, name, async () => {
    await using versity = await Versity.start();
    const blobs = await S3Blobs.open(versity.place, versity.credentials, SILENT_LOG);
    try {
      await body(versity, blobs);
    } finally {
      await blobs.close();
    }
  });
}

testBlobStore("S3Blobs on versitygw", async () => {
  const versity = await Versity.start();
  const open = () => S3Blobs.open(versity.place, versity.credentials, SILENT_LOG, { pageKeys: 3 });
  const [blobs, another] = [await open(), await open()];
  const close = async () => {
    for (const each of [blobs, another]) await each.close();
    await versity[Symbol.asyncDispose]();
  };
  return { blobs, another, close };
}, NO_VERSITY);

testOnVersity("a store that checks signatures refuses another secret", async ({ place, credentials }) => {
  const forged = S3Blobs.open(place, { ...credentials, secretAccessKey: "guessed" }, SILENT_LOG);
  await assert.rejects(forged, isError("STORAGE_UNAVAILABLE", "403 SignatureDoesNotMatch"));
});

testOnVersity("what arrives with another checksum is not kept", async ({ place, credentials }, blobs) => {
  const requests = new S3Requests(place, credentials, PATIENCE);
  const request = { method: "PUT", name: "gramcast/a", body: bytesOf(9), sha256: "0".repeat(64) } as const;
  const mismatch = (error: unknown) => error instanceof S3Fault && error.code === "XAmzContentSHA256Mismatch";
  await assert.rejects(requests.ask(request, () => {}), mismatch);
  requests.close();
  assert.equal(await blobs.get("a"), null);
});

testOnVersity("much is put in parts and comes back whole, in pieces", async (_, blobs) => {
  const bytes = bytesOf(20 * 2 ** 20);
  await blobs.put("a", bytes);
  assertSame(await blobs.get("a"), bytes);
  assertSame(await new Response(await blobs.stream("a")).bytes(), bytes);
  await blobs.sweep();
  assert.deepEqual((await Array.fromAsync(blobs.list(""))).map(({ key }) => key), ["a"]);
});

testOnVersity("a link leads to its picture and to no other", async (_, blobs) => {
  await blobs.put("a.png", bytesOf(9));
  await blobs.put("b.png", bytesOf(9));
  const link = await blobs.presign("a.png", { seconds: 60, contentType: "image/png", fileName: "my-picture.png" });
  const response = await fetch(link!);
  assertSame(await response.bytes(), bytesOf(9));
  assert.equal(response.headers.get("content-type"), "image/png");
  assert.equal(response.headers.get("content-disposition"), 'attachment; filename="my-picture.png"');
  for (
    const other of [link!.replace("a.png", "b.png"), link!.replace("my-picture", "x"), link!.replace("=60", "=90")]
  ) {
    const { status, body } = await fetch(other);
    await body?.cancel();
    assert.equal(status, 403);
  }
});

testOnVersity("a clock that is off is put right by the store's", async ({ place, credentials }) => {
  const { now } = Date;
  Date.now = () => now() - 3 * HOUR;
  try {
    const blobs = await S3Blobs.open(place, credentials, SILENT_LOG);
    await blobs.put("a", bytesOf(9));
    assertSame(await blobs.get("a"), bytesOf(9));
    await blobs.close();
  } finally {
    Date.now = now;
  }
});
