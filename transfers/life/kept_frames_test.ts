import assert from "node:assert/strict";
import { MemoryTransferStore } from "../storage/memory/memory_transfer_store.ts";
import { statusOnly, transferRecord } from "../testing/records.ts";
import { KeptFrames } from "./kept_frames.ts";

/** A transfer of 64 steps in a store of its own, every second step with a frame. */
async function open(maxBytes: number) {
  const store = new MemoryTransferStore();
  const record = transferRecord({ id: "a" });
  const options = { ...record.options, steps: 64, frameEvery: 2, keepFrames: true };
  await store.create({ ...record, options }, statusOnly("QUEUED"));
  const frames = () => new KeptFrames(store, { id: "a", options }, maxBytes);
  const steps = async () => (await store.frames("a")).map(({ step }) => step);
  const taken = async () => (await store.frames("a")).reduce((sum, { bytes }) => sum + bytes, 0);
  return { frames, steps, taken };
}

const PICTURE = { width: 8, height: 8, rgb: new Uint8Array(3 * 64) };

function every(stride: number, last: number): number[] {
  return Array.from({ length: Math.floor(last / stride) }, (_, i) => stride * (i + 1));
}

async function bytesOfOne(): Promise<number> {
  const { frames, taken } = await open(1e9);
  await frames().saveDue(2, PICTURE);
  return await taken();
}

Deno.test("KeptFrames keeps all that are due while they fit, and then every second one, spread evenly", async () => {
  const size = await bytesOfOne();
  const { frames, steps, taken } = await open(10 * size);
  const kept = frames();
  for (let step = 1; step <= 20; step++) await kept.saveDue(step, PICTURE);
  assert.deepEqual(await steps(), every(2, 20));
  for (let step = 21; step <= 64; step++) {
    await kept.saveDue(step, PICTURE);
    assert.ok(await taken() <= 10 * size, `${await taken()} bytes after step ${step}`);
  }
  assert.deepEqual(await steps(), every(8, 64));
});

Deno.test("KeptFrames comes to the same in the end though it began anew in between and took steps twice", async () => {
  const size = await bytesOfOne();
  const { frames, steps, taken } = await open(10 * size);
  for (const [from, to] of [[1, 30], [25, 41], [38, 64]] as const) {
    const kept = frames();
    for (let step = from; step <= to; step++) await kept.saveDue(step, PICTURE);
    assert.ok(await taken() <= 10 * size);
  }
  assert.deepEqual(await steps(), every(8, 64));
});

Deno.test("KeptFrames keeps the newest in any case, and no other that has no room", async () => {
  const { frames, steps } = await open(1);
  const kept = frames();
  for (const step of [2, 4, 5]) {
    await kept.saveDue(step, PICTURE);
    await kept.saveNewest(step, PICTURE);
    assert.deepEqual(await steps(), [step]);
  }
});
