import assert from "node:assert/strict";
import fc from "fast-check";
import { relativeDistance } from "../testing/distance.ts";
import { formulaNoise } from "../testing/formula.ts";
import { channelsOf, compareMoments, gramOf, MOMENTS_WEIGHT, momentTarget } from "./moments.ts";
import { compareFigures } from "./style_statistic.ts";

type Map = Float64Array;

/** Figures of features (pixels × channels) in float64. */
function figuresOf(features: Map, channels: number): Float64Array {
  const pixels = features.length / channels;
  const figures = new Float64Array(channels * (channels + 1));
  for (let k = 0; k < features.length; k += channels) {
    for (let i = 0; i < channels; i++) {
      for (let j = 0; j < channels; j++) {
        figures[i * channels + j]! += features[k + i]! * features[k + j]! / (pixels * channels);
      }
      figures[channels * channels + i]! += features[k + i]! / pixels;
    }
  }
  return figures;
}

/** Noise whose channels have means of their own. */
function featuresOf(pixels: number, channels: number, salt: number): Map {
  const shifts = formulaNoise(channels, salt + 1);
  return formulaNoise(pixels * channels, salt).map((value, at) => value + 2 * shifts[at % channels]!);
}

const anyMap = fc.record({
  channels: fc.integer({ min: 1, max: 12 }),
  pixels: fc.integer({ min: 2, max: 20 }),
  salt: fc.nat(1000),
});

Deno.test("figures know their channels and their Gram matrix, with means or without", () => {
  for (const channels of [1, 2, 64, 512]) {
    for (const rows of [channels, channels + 1]) {
      const figures = new Float32Array(rows * channels);
      assert.equal(channelsOf(figures), channels);
      assert.equal(gramOf(figures).length, channels ** 2);
    }
  }
});

Deno.test("the gradient of moments is that of their squared differences, in the unit of Gram matrices'", () => {
  fc.assert(
    fc.property(anyMap, ({ channels, pixels, salt }) => {
      const target = momentTarget(Float32Array.from(figuresOf(featuresOf(30, channels, salt + 2), channels)));
      const features = featuresOf(pixels, channels, salt);
      const { slope, offset } = compareMoments(figuresOf(features, channels), target);
      const loss = (moved: Map) => compareMoments(figuresOf(moved, channels), target).squares;
      const at = salt % features.length;
      const shifted = (by: number) => features.map((value, i) => i === at ? value + by : value);
      const wanted = (loss(shifted(1e-4)) - loss(shifted(-1e-4))) / 2e-4;
      // As `gradientFactor()` has it: that of Σ (G − A)² is 4 / (pixels · channels) · F D.
      const channel = at % channels;
      const found = (4 / (pixels * channels)) * (slope[channel]! * features[at]! + offset[channel]!);
      assert.ok(Math.abs(found - wanted) <= 1e-3 * (Math.abs(wanted) + 1e-2), `${found}, wanted ${wanted}`);
    }),
    { seed: 1, numRuns: 200 },
  );
});

Deno.test("moments do not care how large features are", () => {
  const [style, found] = [featuresOf(40, 8, 1), featuresOf(40, 8, 2)];
  const share = (scale: number) => {
    const figures = (map: Map) => figuresOf(map.map((value) => scale * value), 8);
    const target = Float32Array.from(figures(style));
    const grams = compareFigures(figures(found), gramOf(target), undefined).squares;
    return compareMoments(figures(found), momentTarget(target)).squares / (MOMENTS_WEIGHT * grams);
  };
  assert.ok(Math.abs(share(1000) / share(1) - 1) < 1e-4, `${share(1000)}, ${share(1)}`);
});

Deno.test("a flat patch is told from a rough one that has the same Gram matrix", () => {
  // Two channels of the mean square 1: constant, and ±1.
  const [flat, rough] = [Float64Array.of(1, 1), Float64Array.of(1, -1)].map((map) => figuresOf(map, 1)) as [Map, Map];
  const target = Float32Array.from(flat);
  assert.equal(compareFigures(rough, gramOf(target), undefined).squares, 0);
  const { squares } = compareFigures(rough, target, undefined);
  assert.ok(Math.abs(squares - 2 * MOMENTS_WEIGHT) < 0.02, `${squares}`);
});

Deno.test("a style that is black throughout has no moments to be far from", () => {
  const blank = new Float32Array(12);
  const { squares, slope, offset } = compareMoments(figuresOf(featuresOf(10, 3, 1), 3), momentTarget(blank));
  assert.equal(squares, 0);
  assert.ok([...slope, ...offset].every((value) => value === 0));
});

Deno.test("figures' difference has the moments' part in it", () => {
  const [found, target] = [figuresOf(featuresOf(9, 4, 3), 4), Float32Array.from(figuresOf(featuresOf(9, 4, 4), 4))];
  const { difference } = compareFigures(found, target, undefined);
  const { slope, offset } = compareMoments(found, momentTarget(target));
  const grams = compareFigures(found, gramOf(target), undefined).difference;
  assert.ok(relativeDistance(difference.subarray(16), offset) < 1e-6);
  slope.forEach((value, i) => assert.ok(Math.abs(difference[5 * i]! - grams[5 * i]! - value) < 1e-5));
});
