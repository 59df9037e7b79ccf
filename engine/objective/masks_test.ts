import assert from "node:assert/strict";
import fc from "fast-check";
import { downscaleMask } from "./masks.ts";
import { formulaNoise } from "../testing/formula.ts";

const side = fc.integer({ min: 1, max: 40 });

function noiseMask(width: number, height: number) {
  return { width, height, values: Float32Array.from(formulaNoise(width * height, 5), (value) => (value + 1) / 2) };
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

Deno.test("masks keep their mean and bounds at any size", () => {
  fc.assert(
    fc.property(side, side, side, side, (width, height, toWidth, toHeight) => {
      const mask = noiseMask(width, height);
      const result = downscaleMask(mask, { width: toWidth, height: toHeight });
      assert.equal(result.length, toWidth * toHeight);
      assert.ok(Math.abs(mean(result) - mean(mask.values)) < 1e-5);
      const [low, high] = [Math.min(...mask.values), Math.max(...mask.values)];
      assert.ok(result.every((value) => value >= low - 1e-6 && value <= high + 1e-6));
    }),
    { seed: 1, numRuns: 200 },
  );
});

Deno.test("a mask at its own size stays as it is", () => {
  const mask = noiseMask(13, 7);
  assert.deepEqual(downscaleMask(mask, mask), mask.values);
});

Deno.test("parts of pixels count as parts", () => {
  const mask = { width: 3, height: 1, values: Float32Array.of(0, 0.5, 1) };
  const found = downscaleMask(mask, { width: 2, height: 1 });
  // The middle pixel is shared: (0 + 0.5/2) / 1.5 and (0.5/2 + 1) / 1.5.
  assert.deepEqual(found, Float32Array.of(0.25 / 1.5, 1.25 / 1.5));
  const rows = { width: 1, height: 3, values: mask.values };
  assert.deepEqual(downscaleMask(rows, { width: 1, height: 2 }), found);
});

Deno.test("rows and columns do not change places", () => {
  const left = { width: 4, height: 2, values: Float32Array.of(1, 1, 0, 0, 1, 1, 0, 0) };
  assert.deepEqual(downscaleMask(left, { width: 2, height: 2 }), Float32Array.of(1, 0, 1, 0));
  assert.deepEqual(downscaleMask(left, { width: 2, height: 1 }), Float32Array.of(1, 0));
});
