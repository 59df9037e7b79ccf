import assert from "node:assert/strict";
import { suite } from "../../../tests/testing/suite.ts";
import { GramcastError } from "../../../errors.ts";
import { HOLD_MILLISECONDS, type ImageStore } from "../ports.ts";
import { imageRecord } from "../../testing/records.ts";
import type { ImageRecord } from "../../types.ts";

/** What every image store must do. `open` gives an empty one and `close` lets it go. */
export function testImageStore(
  name: string,
  open: () => Promise<{ images: ImageStore; close: () => Promise<void> }>,
): void {
  const test = suite(name, open);
  const bytes = new Uint8Array([1, 2, 3]);

  test("gives back what was put", async ({ images }) => {
    const record = image("a");
    assert.deepEqual(await images.put(record, bytes), record);
    assert.deepEqual([await images.get("a"), await images.get("b")], [record, null]);
    assert.deepEqual(new Uint8Array(await images.read(record)), bytes);
    assert.deepEqual(await new Response(await images.stream(record)).bytes(), bytes);
  });

  test("keeps an owner's picture once", async ({ images }) => {
    await images.put(image("a", "ann"), bytes);
    assert.equal((await images.put(image("b", "ann"), bytes)).id, "a");
    assert.equal((await images.put(image("c", "bob"), bytes)).id, "c");
    assert.equal((await images.find("ann", sha("1")))?.id, "a");
    assert.equal(await images.find("cyd", sha("1")), null);
    assert.deepEqual((await images.all()).map(({ id }) => id), ["a", "c"]);
  });

  test("removes the bytes with the last who has them", async ({ images }) => {
    const record = await images.put(image("a", "ann"), bytes);
    const other = await images.put(image("b", "bob"), bytes);
    await images.remove("a");
    assert.equal(await images.get("a"), null);
    assert.deepEqual(new Uint8Array(await images.read(other)), bytes);
    await images.remove("b");
    await images.remove("b");
    for (const reading of [images.read(record), images.stream(record)]) {
      await assert.rejects(reading, (error) => error instanceof GramcastError && error.code === "NOT_FOUND");
    }
  });

  test("keeps one of an owner's same pictures that are put at once", async ({ images }) => {
    const put = await Promise.all(["a", "b", "c"].map((id) => images.put(image(id, "ann"), bytes)));
    assert.equal(new Set(put.map(({ id }) => id)).size, 1);
    assert.deepEqual((await images.all()).map(({ id }) => id), [put[0]!.id]);
    assert.deepEqual(new Uint8Array(await images.read(put[0]!)), bytes);
  });

  test("loses no bytes when one record is removed while another is put", async ({ images }) => {
    await images.put(image("a", "ann"), bytes);
    const [, put] = await Promise.all([images.remove("a"), images.put(image("b", "bob"), bytes)]);
    assert.deepEqual(new Uint8Array(await images.read(put)), bytes);
  });

  test("says when an image was uploaded, and keeps nothing for one that is not there", async ({ images }) => {
    await images.put(image("a"), bytes);
    assert.deepEqual(await images.upload("a", 7), { ...image("a"), uploadedAt: 7 });
    assert.equal(await images.upload("b", 7), null);
    assert.deepEqual(await images.put(image("c"), bytes), { ...image("a"), uploadedAt: 7 });
    assert.deepEqual(await images.all(), [{ ...image("a"), uploadedAt: 7 }]);
  });

  test("knows how many bytes each owner has, though others have the same", async ({ images }) => {
    for (const [id, owner, digit] of [["a", "ann", "1"], ["b", "ann", "2"], ["c", "bob", "1"], ["d", "bob", "1"]]) {
      await images.put(image(id!, owner, digit), bytes);
    }
    assert.deepEqual(await Promise.all(["ann", "bob", "cyd"].map((owner) => images.bytesOf(owner))), [6, 3, 0]);
    await images.remove("a");
    await images.remove("a");
    assert.deepEqual([await images.bytesOf("ann"), await images.bytesOf("bob")], [3, 3]);
  });

  test("answers what it is to hold, and what is gone", async ({ images }) => {
    const record = await images.put(image("a"), bytes);
    await images.put(image("b", "bob"), bytes);
    assert.deepEqual([await images.hold("a", "x"), await images.hold("c", "x")], [record, null]);
    assert.deepEqual([await images.remove("b"), await images.remove("b")], [true, true]);
    assert.equal(await images.hold("b", "x"), null);
    assert.deepEqual(new Uint8Array(await images.read(record)), bytes);
    await images.letGo("x");
    assert.equal(await images.remove("a"), true);
  });

  test("lists by age", async ({ images }) => {
    await images.put(image("a", "ann", "1", 30), bytes);
    await images.put(image("b", "ann", "2", 20), bytes);
    assert.deepEqual((await images.all()).map(({ id }) => id), ["b", "a"]);
  });
}

/**
 * What a store of images must do that servers share. `other` is that of another server; `later` lets time pass by the
 * storage's own clock.
 */
export function testSharedImageStore(
  name: string,
  open: () => Promise<{
    images: ImageStore;
    other: ImageStore;
    later: (milliseconds: number) => Promise<void>;
    close: () => Promise<void>;
  }>,
): void {
  const test = suite(name, open);
  const bytes = new Uint8Array([1, 2, 3]);

  test("removes nothing that somebody holds", async ({ images, other }) => {
    const record = await images.put(image("a"), bytes);
    await images.put(image("b", "bob"), bytes);
    for (const holder of ["x", "y", "y"]) assert.deepEqual(await other.hold("a", holder), record);
    await other.hold("b", "y");
    const removed = async () => [await images.remove("a"), await images.remove("b")];
    assert.deepEqual(await removed(), [false, false]);
    await other.letGo("y");
    await other.letGo("none");
    assert.deepEqual(await removed(), [false, true]);
    await other.letGo("x");
    assert.deepEqual(await removed(), [true, true]);
  });

  test("lets go of what was held long ago", async ({ images, other, later }) => {
    await images.put(image("a"), bytes);
    await other.hold("a", "x");
    await later(HOLD_MILLISECONDS - 1000);
    assert.equal(await images.remove("a"), false);
    await other.hold("a", "y");
    await later(2000);
    assert.equal(await images.remove("a"), false);
    await later(HOLD_MILLISECONDS);
    assert.equal(await images.remove("a"), true);
  });
}

function sha(digit: string): string {
  return digit.repeat(64);
}

function image(id: string, owner = "local", digit = "1", createdAt = 5): ImageRecord {
  return imageRecord({ id, owner, sha256: sha(digit), createdAt });
}
