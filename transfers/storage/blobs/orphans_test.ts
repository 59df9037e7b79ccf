import assert from "node:assert/strict";
import { FakeClock } from "../../testing/fake_clock.ts";
import { MemoryBlobs } from "./memory_blobs.ts";
import { ORPHAN_MILLISECONDS, removeOrphans } from "./orphans.ts";

async function keys(blobs: MemoryBlobs): Promise<string[]> {
  return (await Array.fromAsync(blobs.list(""))).map(({ key }) => key).sort();
}

Deno.test("what no row points to is removed, once no row can be on its way", async () => {
  const clock = new FakeClock();
  const blobs = new MemoryBlobs(clock);
  const rows = new Set(["frames/kept"]);
  const pointedTo = (asked: readonly string[]) => Promise.resolve(new Set(asked).intersection(rows));
  for (const key of ["frames/kept", "frames/lost", "images/lost"]) await blobs.put(key, new Uint8Array(5));
  clock.advance(ORPHAN_MILLISECONDS);
  await blobs.put("frames/new", new Uint8Array(1));
  assert.deepEqual(await removeOrphans(blobs, pointedTo), { count: 0, bytes: 0 });
  clock.advance(1);
  assert.deepEqual(await removeOrphans(blobs, pointedTo, { prefix: "frames/" }), { count: 1, bytes: 5 });
  assert.deepEqual(await keys(blobs), ["frames/kept", "frames/new", "images/lost"]);
  assert.deepEqual(await removeOrphans(blobs, pointedTo), { count: 1, bytes: 5 });
  assert.deepEqual(await keys(blobs), ["frames/kept", "frames/new"]);
});

Deno.test("orphans among many are looked for in batches, and not on after the end of it", async () => {
  const clock = new FakeClock();
  const blobs = new MemoryBlobs(clock);
  for (let i = 0; i < 1200; i++) await blobs.put(`a/${i}`, new Uint8Array(1));
  clock.advance(2 * ORPHAN_MILLISECONDS);
  const asked: number[] = [];
  const ended = new AbortController();
  const pointedTo = (batch: readonly string[]) => {
    asked.push(batch.length);
    if (asked.length === 2) ended.abort();
    return Promise.resolve(new Set(batch.filter((key) => key.endsWith("7"))));
  };
  await assert.rejects(removeOrphans(blobs, pointedTo, { signal: ended.signal }), { name: "AbortError" });
  assert.deepEqual(asked, [500, 500]);
  assert.equal((await keys(blobs)).length, 300);
  assert.deepEqual(await removeOrphans(blobs, pointedTo), { count: 180, bytes: 180 });
  assert.deepEqual(asked, [500, 500, 300]);
});

Deno.test("nothing is removed while nobody knows what rows point to", async () => {
  const clock = new FakeClock();
  const blobs = new MemoryBlobs(clock);
  await blobs.put("a", new Uint8Array(1));
  clock.advance(2 * ORPHAN_MILLISECONDS);
  await assert.rejects(removeOrphans(blobs, () => Promise.reject(new Error("the database is away"))), /is away/);
  assert.deepEqual(await keys(blobs), ["a"]);
});
