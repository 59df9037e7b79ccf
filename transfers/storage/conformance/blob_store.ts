import assert from "node:assert/strict";
import { suite } from "../../../tests/testing/suite.ts";
import type { BlobStore } from "../blobs/ports.ts";

/**
 * What every store of blobs must do.
 *
 * @param open Gives an empty one, and `another` that leads to the same place, as another server has it.
 * @param missing What it needs that is missing here; null when nothing is.
 */
export function testBlobStore(
  name: string,
  open: () => Promise<{ blobs: BlobStore; another: BlobStore; close: () => Promise<void> }>,
  missing: string | null = null,
): void {
  const test = suite(name, open, missing);

  test("gives every server what was put, also nothing and much", async ({ blobs, another }) => {
    for (const [key, count] of [["a", 0], ["b/c.png", 1], ["b/d-e_f/0.1", 700_001]] as const) {
      const bytes = bytesOf(count);
      const given = bytes.slice();
      await blobs.put(key, given);
      // It is the caller's again.
      given.fill(0);
      assertSame(await another.get(key), bytes);
      assertSame(await read(another, key), bytes);
    }
  });

  test("has nothing under other keys", async ({ blobs }) => {
    await blobs.put("a/b", bytesOf(9));
    for (const key of ["a/c", "a", "b", "a/b/c", "a/bb"]) {
      assert.deepEqual([await blobs.get(key), await blobs.stream(key)], [null, null], key);
      await blobs.remove(key);
    }
    assertSame(await blobs.get("a/b"), bytesOf(9));
  });

  test("is as it was when the same is put or removed again", async ({ blobs, another }) => {
    await Promise.all([blobs, another, blobs, another].map((each) => each.put("a/b", bytesOf(300_000))));
    await blobs.put("a/b", bytesOf(300_000));
    assertSame(await another.get("a/b"), bytesOf(300_000));
    assert.deepEqual(await keys(blobs), ["a/b"]);
    await Promise.all([blobs.remove("a/b"), another.remove("a/b")]);
    await blobs.remove("a/b");
    assert.deepEqual([await another.get("a/b"), await keys(another)], [null, []]);
  });

  test("keeps what is put while its neighbours are removed", async ({ blobs, another }) => {
    const rounds = Array.from({ length: 12 }, (_, i) => i);
    await Promise.all(rounds.map(async (i) => {
      await blobs.put(`a/b/${i}`, bytesOf(i));
      await (i % 2 === 0 ? another : blobs).remove(`a/b/${i}`);
      await another.put(`a/b/c/${i}`, bytesOf(i));
    }));
    assert.deepEqual(await keys(blobs), rounds.map((i) => `a/b/c/${i}`).sort());
    for (const i of rounds) assertSame(await blobs.get(`a/b/c/${i}`), bytesOf(i));
  });

  test("reads a part, as far as there is one", async ({ blobs }) => {
    const bytes = bytesOf(600_000);
    await blobs.put("a", bytes);
    for (
      const [start, end] of [[0, 600_000], [0, 1], [299_999, 590_001], [599_999, 700_000], [600_000, 600_001], [7, 7]]
    ) {
      assertSame(await read(blobs, "a", { start: start!, end: end! }), bytes.subarray(start, end));
    }
    assert.equal(await blobs.stream("b", { start: 0, end: 1 }), null);
  });

  test("reads on demand, and lets go when nobody reads on", async ({ blobs }) => {
    await blobs.put("a", bytesOf(700_000));
    const reader = (await blobs.stream("a"))!.getReader();
    const { value } = await reader.read();
    assert.ok(value !== undefined && value.length > 0 && value.length < 700_000);
    assertSame(value, bytesOf(700_000).subarray(0, value.length));
    await reader.cancel();
    await (await blobs.stream("a"))!.cancel();
  });

  test("lists what there is by the beginning of its key, with its size and age", async ({ blobs, another }) => {
    const names = ["a/b/1", "a/b/2", "a/bc", "ab/1", "b"];
    for (const [i, key] of names.entries()) await blobs.put(key, bytesOf(i));
    const listed = await Array.fromAsync(another.list(""));
    assert.deepEqual(listed.map(({ key, bytes }) => `${key} ${bytes}`).sort(), names.map((key, i) => `${key} ${i}`));
    assert.ok(listed.every(({ age }) => age >= 0 && age < 600_000));
    assert.deepEqual(await keys(blobs, "a/b"), ["a/b/1", "a/b/2", "a/bc"]);
    assert.deepEqual(await keys(blobs, "a/b/"), ["a/b/1", "a/b/2"]);
    assert.deepEqual(await keys(blobs, "c/"), []);
  });

  test("leaves what is whole when it sweeps", async ({ blobs, another }) => {
    await blobs.put("a/b", bytesOf(5));
    await another.sweep();
    assertSame(await blobs.get("a/b"), bytesOf(5));
  });

  test("takes no key that leads elsewhere", async ({ blobs }) => {
    const wrong = [
      "",
      "/a",
      "a/",
      "a//b",
      "../a",
      "a/../b",
      "a/.b",
      ".",
      "A",
      "a b",
      "a\\b",
      "a~",
      "ä",
      "a".repeat(201),
    ];
    for (const key of wrong) {
      for (const use of usesOf(blobs, key)) await assert.rejects(use, /as a key of a blob/);
    }
    assert.deepEqual(await keys(blobs), []);
  });
}

/** Bytes that differ from place to place. */
export function bytesOf(count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count);
  for (let i = 0; i < count; i++) bytes[i] = i * 31 + (i >> 8);
  return bytes;
}

/** Everything that can be done with a key. */
export function usesOf(blobs: BlobStore, key: string): readonly (() => Promise<unknown>)[] {
  return [() => blobs.put(key, bytesOf(1)), () => blobs.get(key), () => blobs.stream(key), () => blobs.remove(key)];
}

async function read(blobs: BlobStore, key: string, range?: { start: number; end: number }) {
  return await new Response(await blobs.stream(key, range)).bytes();
}

async function keys(blobs: BlobStore, prefix = ""): Promise<string[]> {
  return (await Array.fromAsync(blobs.list(prefix))).map(({ key }) => key).sort();
}

/** In a word, not byte by byte. */
export function assertSame(found: Uint8Array | null, wanted: Uint8Array): void {
  assert.ok(found !== null && Buffer.compare(found, wanted) === 0, `${found?.length} bytes for ${wanted.length}`);
}
