import assert from "node:assert/strict";
import fc from "fast-check";
import { formulaPixels } from "../testing/formula.ts";
import { addTotalVariation } from "./total_variation.ts";

const size = fc.record({ width: fc.integer({ min: 1, max: 12 }), height: fc.integer({ min: 1, max: 12 }) });

Deno.test("total variation is the mean of squared differences to the right and lower neighbour", () => {
  const pixels = Float32Array.of(0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5);
  const tv = addTotalVariation(pixels, { width: 2, height: 2 }, 0, new Float32Array(12));
  // Red: 3² right, 3² below on the right. Green: 4² below on the left, 4² right. Blue: 5² twice.
  assert.equal(tv, (9 + 9 + 16 + 16 + 25 + 25) / 12);
});

Deno.test("total variation's gradient agrees with differences in every value", () => {
  fc.assert(
    fc.property(size, fc.integer({ min: 0, max: 100 }), fc.nat(99), (size, weight, salt) => {
      const pixels = formulaPixels(size.width, size.height, salt);
      const gradient = new Float32Array(pixels.length);
      addTotalVariation(pixels, size, weight, gradient);
      const scratch = new Float32Array(pixels.length);
      const at = salt % pixels.length;
      const value = (shift: number) => {
        const moved = pixels.slice();
        moved[at]! += shift;
        return weight * addTotalVariation(moved, size, weight, scratch);
      };
      // Exact for a quadratic, but for float32's rounding of the pixels.
      const wanted = (value(8) - value(-8)) / 16;
      assert.ok(Math.abs(gradient[at]! - wanted) <= 1e-4 * (weight + Math.abs(wanted)), `${gradient[at]}, ${wanted}`);
    }),
    { seed: 1, numRuns: 200 },
  );
});

Deno.test("total variation adds to the gradient that is there, and is 0 for a flat picture", () => {
  const gradient = new Float32Array(27).fill(2);
  assert.equal(addTotalVariation(new Float32Array(27).fill(9), { width: 3, height: 3 }, 5, gradient), 0);
  assert.ok(gradient.every((value) => value === 2));
});
