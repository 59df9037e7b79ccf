import assert from "node:assert/strict";
import fc from "fast-check";
import { coverageOf, downscaleMask, intersection, maskFrom } from "./masks.ts";
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

/** A picture of four pixels from RGBA values. */
function pixels(...values: readonly (readonly [number, number, number, number])[]) {
  return {
    width: values.length,
    height: 1,
    rgb: Uint8Array.from(values.flatMap(([r, g, b]) => [r, g, b])),
    alpha: Uint8Array.from(values.map(([, , , a]) => a)),
  };
}

Deno.test("white counts, black does not, grey in between", () => {
  const { alpha: _, ...opaque } = pixels([255, 255, 255, 255], [0, 0, 0, 255], [51, 51, 51, 255], [255, 0, 0, 255]);
  assert.deepEqual([...maskFrom(opaque).values].map((value) => Math.round(value * 1000)), [1000, 0, 200, 333]);
});

Deno.test("one paint on transparency is a mask by its alpha, whatever its colour and whatever lies unseen", () => {
  for (const paint of [255, 0, 90]) {
    const mask = maskFrom(
      pixels([paint, paint, paint, 255], [0, 255, 0, 0], [paint, paint, paint, 51], [255, 0, 0, 0]),
    );
    assert.deepEqual([...mask.values].map((value) => Math.round(value * 1000)), [1000, 0, 200, 0]);
  }
});

Deno.test("of several colours on transparency white counts, and what is transparent does not", () => {
  const mask = maskFrom(pixels([255, 255, 255, 255], [0, 0, 0, 255], [255, 255, 255, 0], [255, 255, 255, 51]));
  assert.deepEqual([...mask.values].map((value) => Math.round(value * 1000)), [1000, 0, 0, 200]);
});

Deno.test("masks of several sizes meet where all of them count", () => {
  const size = { width: 2, height: 2 };
  const left = { width: 2, height: 1, values: Float32Array.of(1, 0) };
  const top = { width: 1, height: 2, values: Float32Array.of(1, 0.5) };
  assert.equal(intersection(size, [null, undefined]), null);
  assert.equal(intersection(size, [null, left]), left);
  assert.deepEqual(intersection(size, [left, top]), { ...size, values: Float32Array.of(1, 0, 0.5, 0) });
  assert.equal(coverageOf({ width: 1, height: 1, rgb: new Uint8Array(3) }), null);
});
