import assert from "node:assert/strict";
import fc from "fast-check";
import { LONGEST_SIDE, MaskRaster, maskSize } from "./raster.ts";

Deno.test("a mask has the shape of its picture, and is never large, whatever the picture", () => {
  assert.deepEqual(maskSize({ width: 4000, height: 3000 }), { width: 1024, height: 768 });
  assert.deepEqual(maskSize({ width: 600, height: 800 }), { width: 600, height: 800 });
  assert.deepEqual(maskSize({ width: 64, height: 32 }), { width: 256, height: 128 });
  const side = fc.integer({ min: 1, max: 20_000 });
  fc.assert(fc.property(side, side, (width, height) => {
    const size = maskSize({ width, height });
    assert.ok(Math.max(size.width, size.height) <= LONGEST_SIDE && Math.min(size.width, size.height) >= 1);
    assert.ok(Math.abs(size.width * height - size.height * width) <= Math.max(width, height), JSON.stringify(size));
  }));
});

Deno.test("a part that is copied and put back elsewhere is what it was, and nothing beside it changes", () => {
  const mask = new MaskRaster({ width: 5, height: 4 });
  mask.values.forEach((_, i) => mask.values[i] = i);
  const part = mask.copy({ left: 1, top: 1, right: 3, bottom: 3 });
  assert.deepEqual([...part], [6, 7, 11, 12]);
  mask.put({ left: 3, top: 2, right: 5, bottom: 4 }, part);
  assert.deepEqual([...mask.values], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 6, 7, 15, 16, 17, 11, 12]);
});

Deno.test("a mask tells how much of it counts, and what counts at a place, also just outside", () => {
  const mask = new MaskRaster({ width: 2, height: 2 });
  assert.ok(mask.isEmpty);
  mask.values.set([0, 255, 0, 51]);
  assert.equal(mask.share, 0.3);
  assert.ok(!mask.isEmpty);
  assert.deepEqual([mask.at({ x: 1.5, y: 0.2 }), mask.at({ x: 2, y: 2 }), mask.at({ x: -1, y: 0 })], [255, 51, 0]);
});
