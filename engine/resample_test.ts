import assert from "node:assert/strict";
import fc from "fast-check";
import { resample } from "./resample.ts";
import { formulaPixels } from "./testing/formula.ts";

const side = fc.integer({ min: 17, max: 64 });
const size = fc.record({ width: side, height: side });

Deno.test("a flat array stays flat at any size", () => {
  fc.assert(
    fc.property(size, size, fc.integer({ min: -300, max: 300 }), (from, to, value) => {
      const result = resample(new Float32Array(3 * from.width * from.height).fill(value), from, to);
      assert.equal(result.length, 3 * to.width * to.height);
      assert.ok(result.every((each) => Math.abs(each - value) < 1e-3));
    }),
    { seed: 1, numRuns: 50 },
  );
});

Deno.test("an array at its own size stays as it is", () => {
  const values = formulaPixels(19, 23, 1);
  assert.deepEqual(resample(values, { width: 19, height: 23 }, { width: 19, height: 23 }), values);
});

Deno.test("ramps stay ramps inside, each channel and axis on its own", () => {
  const [from, to] = [{ width: 20, height: 24 }, { width: 33, height: 50 }];
  // Red rises to the right, green downwards, blue not at all.
  const at = (width: number, height: number) =>
    Float32Array.from({ length: 3 * width * height }, (_, i) => {
      const pixel = Math.floor(i / 3);
      const [x, y] = [(pixel % width + 0.5) / width, (Math.floor(pixel / width) + 0.5) / height];
      return [100 * x, 50 * y, 7][i % 3]!;
    });
  const found = resample(at(20, 24), from, to);
  const wanted = at(33, 50);
  for (let y = 5; y < to.height - 5; y++) {
    for (let i = 3 * (y * to.width + 4); i < 3 * ((y + 1) * to.width - 4); i++) {
      assert.ok(Math.abs(found[i]! - wanted[i]!) < 1e-3, `${found[i]}, wanted ${wanted[i]} at ${i}`);
    }
  }
});

Deno.test("interpolating and mirroring commute", () => {
  const [width, height] = [18, 21];
  const values = formulaPixels(width, height, 2);
  const mirror = (array: Float32Array, width: number, height: number) =>
    array.map((_, i) => {
      const [pixel, channel] = [Math.floor(i / 3), i % 3];
      const [x, y] = [pixel % width, Math.floor(pixel / width)];
      return array[3 * ((height - 1 - y) * width + (width - 1 - x)) + channel]!;
    });
  const to = { width: 2 * width, height: 2 * height };
  const one = mirror(resample(values, { width, height }, to), to.width, to.height);
  const other = resample(mirror(values, width, height), { width, height }, to);
  one.forEach((value, i) => assert.ok(Math.abs(value - other[i]!) < 1e-3));
});
