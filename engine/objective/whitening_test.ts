import assert from "node:assert/strict";
import fc from "fast-check";
import { dot } from "../optimizers/vectors.ts";
import { relativeDistance } from "../testing/distance.ts";
import { formulaNoise } from "../testing/formula.ts";
import { MAX_WHITENING } from "../options/table.ts";
import { unwhiten, whiten, whitener } from "./whitening.ts";

/** Gram matrix of noise; of fewer pixels than channels it lacks directions. */
function gramOf(side: number, pixels: number, salt: number): Float32Array {
  const features = formulaNoise(side * pixels, salt);
  return Float32Array.from({ length: side * side }, (_, at) => {
    const [i, j] = [Math.floor(at / side), at % side];
    let sum = 0;
    for (let k = 0; k < pixels; k++) sum += features[k * side + i]! * features[k * side + j]!;
    return sum / (pixels * side);
  });
}

function identity(side: number): Float32Array {
  return Float32Array.from({ length: side * side }, (_, at) => at % (side + 1) === 0 ? 1 : 0);
}

const anyGram = fc.record({
  side: fc.integer({ min: 1, max: 24 }),
  pixels: fc.integer({ min: 1, max: 60 }),
  salt: fc.nat(1000),
});
const share = fc.constantFrom(0, 0.1, 0.5, 0.9, MAX_WHITENING);

Deno.test("a whitener makes the identity of the metric that it belongs to", () => {
  fc.assert(fc.property(anyGram, share, ({ side, pixels, salt }, share) => {
    const gram = gramOf(side, pixels, salt);
    const mean = gram.reduce((sum, value, at) => at % (side + 1) === 0 ? sum + value / side : sum, 0);
    const one = identity(side);
    const metric = gram.map((value, at) => (share * value) / mean + (1 - share) * one[at]!);
    assert.ok(relativeDistance(whiten(metric, whitener(gram, share)), one) < 1e-4);
  }));
});

Deno.test("without a share, and for a blank style, Gram matrices are compared as they are but for a factor", () => {
  const difference = gramOf(9, 20, 1).map((value, i) => value - gramOf(9, 30, 2)[i]!);
  assert.deepEqual(whiten(difference, whitener(gramOf(9, 20, 3), 0)), difference);
  const blank = whiten(difference, whitener(new Float32Array(81), 0.9));
  assert.ok(relativeDistance(blank, difference.map((value) => value / (1 - 0.9))) < 1e-5);
});

Deno.test("unwhitening takes gradients back", () => {
  fc.assert(fc.property(anyGram, share, ({ side, pixels, salt }, share) => {
    const factor = whitener(gramOf(side, pixels, salt), share);
    const [difference, gradient] = [gramOf(side, 40, salt + 1), gramOf(side, 40, salt + 2)];
    const [wanted, found] = [
      dot(whiten(difference, factor), gradient),
      dot(difference, unwhiten(gradient, factor)),
    ];
    assert.ok(Math.abs(found - wanted) <= 1e-4 * Math.max(1e-3, Math.abs(wanted)), `${found}, wanted ${wanted}`);
  }));
});

Deno.test("a deviation counts the more, the rarer its direction is in the style", () => {
  const gram = Float32Array.from([4, 0, 0, 0.1]);
  const length = (difference: number[], share: number) => {
    const whitened = whiten(Float32Array.from(difference), whitener(gram, share));
    return Math.sqrt(dot(whitened, whitened));
  };
  assert.equal(length([0.1, 0, 0, 0], 0), length([0, 0, 0, 0.1], 0));
  assert.ok(length([0, 0, 0, 0.1], 0.5) > 2 * length([0.1, 0, 0, 0], 0.5));
});
