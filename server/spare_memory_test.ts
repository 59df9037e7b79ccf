import assert from "node:assert/strict";
import { processMemory, SpareMemory } from "./spare_memory.ts";

const MEBIBYTE = 2 ** 20;

Deno.test("memory is given back when it has grown and grows no more, and not again before it grows again", async () => {
  let resident = 100 * MEBIBYTE;
  let collections = 0;
  using spare = new SpareMemory({
    resident: () => resident,
    collect: () => {
      collections++;
      resident = 120 * MEBIBYTE;
      return Promise.resolve();
    },
  }, 1e6);
  for (const [grown, expected] of [[110, 0], [300, 0], [290, 1], [140, 1], [160, 1], [160, 2], [120, 2]] as const) {
    resident = grown * MEBIBYTE;
    await spare.look();
    assert.equal(collections, expected, `at ${grown} MiB`);
  }
});

Deno.test("what is no longer needed of a burst of pieces goes back to the system", async () => {
  const memory = processMemory();
  const before = memory.resident();
  // 384 MiB: some of it the process may have had to spare.
  let pieces: Uint8Array[] | null = Array.from({ length: 6144 }, () => new Uint8Array(2 ** 16).fill(1));
  const peak = memory.resident();
  assert.ok(peak > before + 200 * MEBIBYTE, `${pieces.length} pieces took ${peak - before} bytes`);
  pieces = null;
  await memory.collect();
  // The threads that free it may still be at it.
  while (memory.resident() > before + 100 * MEBIBYTE) await memory.collect();
});
