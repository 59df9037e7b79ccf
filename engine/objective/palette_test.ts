import assert from "node:assert/strict";
import fc from "fast-check";
import { formulaNoise, formulaPixels } from "../testing/formula.ts";
import { colorStatistics, mixedStatistics } from "./color_statistics.ts";
import { paletteTerm } from "./palette.ts";

const NONE = new Float32Array(0);
const flat = (color: readonly number[], pixels: number) =>
  Float32Array.from({ length: 3 * pixels }, (_, i) => color[i % 3]!);

Deno.test("the palette of two flat pictures is the mean squared difference of their colours", () => {
  const term = paletteTerm(colorStatistics(flat([10, 20, 30], 4), null), null);
  const value = term.add(flat([13, 24, 30], 9), 0, NONE);
  assert.ok(Math.abs(value - (9 + 16) / 3) < 1e-9, `${value}`);
});

Deno.test("the palette is 0 for the same colours in another order, and greater for any others", () => {
  const pixels = formulaPixels(8, 6, 1);
  const turned = Float32Array.from(
    { length: pixels.length },
    (_, i) => pixels[pixels.length - 3 + i % 3 - 3 * Math.floor(i / 3)]!,
  );
  const term = paletteTerm(colorStatistics(pixels, null), null);
  assert.ok(term.add(turned, 0, NONE) < 1e-9);
  assert.ok(term.add(formulaPixels(8, 6, 2), 0, NONE) > 1);
});

Deno.test("the palette falls to nothing along its own gradient in one step of the mean's inverse", () => {
  // 2 (x − T x) / (3 N) is the gradient: 3 N / 2 of it moves every colour where it has to be.
  const pixels = formulaPixels(7, 5, 3);
  const term = paletteTerm(colorStatistics(formulaPixels(9, 9, 4).map((value) => 0.4 * value + 20), null), null);
  const gradient = new Float32Array(pixels.length);
  const before = term.add(pixels, 1, gradient);
  const moved = pixels.map((value, i) => value - (pixels.length / 2) * gradient[i]!);
  const after = term.add(moved, 0, NONE);
  assert.ok(before > 100 && after < 0.1, `${before}, ${after}`);
});

Deno.test("the palette's gradient agrees with differences in every value, with weights too", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.boolean(), fc.nat(99), (count, weighted, salt) => {
      const pixels = formulaPixels(count, 1, salt);
      const weights = weighted ? Float32Array.from(formulaNoise(count, salt + 1), (value) => value + 1) : null;
      const term = paletteTerm(colorStatistics(formulaPixels(6, 6, salt + 2), null), weights);
      const gradient = new Float32Array(pixels.length);
      term.add(pixels, 5, gradient);
      const at = salt % pixels.length;
      const value = (shift: number) => {
        const moved = pixels.slice();
        moved[at]! += shift;
        return 5 * term.add(moved, 0, NONE);
      };
      const wanted = value(0.5) - value(-0.5);
      const size = Math.hypot(...gradient);
      assert.ok(Math.abs(gradient[at]! - wanted) <= 1e-3 * size + 1e-6, `${gradient[at]}, ${wanted}`);
    }),
    { seed: 1, numRuns: 200 },
  );
});

Deno.test("pixels that do not count have no palette", () => {
  const pixels = formulaPixels(4, 1, 1);
  const term = paletteTerm(colorStatistics(formulaPixels(5, 5, 2), null), Float32Array.of(1, 0, 0.5, 0));
  const other = pixels.slice();
  other.fill(7, 3, 6);
  assert.equal(term.add(other, 0, NONE), term.add(pixels, 0, NONE));
  const gradient = new Float32Array(12);
  term.add(pixels, 1, gradient);
  assert.ok(gradient.subarray(3, 6).every((value) => value === 0) && gradient[0] !== 0);
});

Deno.test("a palette of no pixels at all is finite, with a gradient of 0", () => {
  const gradient = new Float32Array(12);
  const value = paletteTerm(colorStatistics(formulaPixels(5, 5, 2), null), new Float32Array(4))
    .add(formulaPixels(4, 1, 1), 1, gradient);
  assert.ok(Number.isFinite(value) && gradient.every((value) => value === 0));
});

Deno.test("a mixture has the statistics of its pictures side by side", () => {
  const [a, b] = [formulaPixels(6, 4, 1), formulaPixels(6, 4, 2).map((value) => value / 2)];
  const both = colorStatistics(Float32Array.from([...a, ...b]), null);
  const mixed = mixedStatistics([a, b].map((pixels) => ({ of: colorStatistics(pixels, null), part: 0.5 })));
  for (const key of ["mean", "covariance"] as const) {
    both[key].forEach((value, i) => assert.ok(Math.abs(value - mixed[key][i]!) < 1e-6 * Math.abs(value) + 1e-6));
  }
});
