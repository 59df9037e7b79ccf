import assert from "node:assert/strict";
import fc from "fast-check";
import { Random } from "../descent/random.ts";
import { InitialInverseHessian } from "./initial_inverse_hessian.ts";
import { dot } from "./vectors.ts";

const LENGTH = 24;
/** Halves neighbours' sums: symmetric, and positive definite. */
function smooth(values: Float32Array, into: Float32Array): void {
  into.set(values.map((value, i) => value / 2 + ((values[i - 1] ?? 0) + (values[i + 1] ?? 0)) / 4));
}

function noise(salt: number): Float32Array {
  const random = new Random(salt);
  return Float32Array.from({ length: LENGTH }, () => random.uniform() - 0.5);
}

/** (identity · I + smooth · S) vector. */
function combined(vector: Float32Array, [identity, smoothed]: readonly [number, number]): Float32Array {
  const image = new Float32Array(LENGTH);
  smooth(vector, image);
  return vector.map((value, i) => identity * value + smoothed * image[i]!);
}

function assertNear(actual: Float32Array, wanted: Float32Array) {
  const reach = Math.sqrt(dot(wanted, wanted));
  actual.forEach((value, i) => assert.ok(Math.abs(value - wanted[i]!) <= 1e-3 * reach, `${actual} is not ${wanted}`));
}

/** Never so far apart that the least share of the identity shows. */
const factor = fc.double({ min: 0.25, max: 10, noNaN: true });

Deno.test("the initial inverse Hessian finds the combination of identity and smoothing that explains the steps", () => {
  fc.assert(
    fc.property(factor, factor, fc.integer({ min: 1, max: 5 }), fc.nat(999), (identity, smoothed, pairs, salt) => {
      const initial = new InitialInverseHessian(smooth);
      const changes = Array.from({ length: pairs }, (_, i) => noise(salt + i));
      const moments = changes.map((change) => initial.momentsOf(combined(change, [identity, smoothed]), change));
      const vector = noise(salt + 100);
      assertNear(initial.times(vector, moments), combined(vector, [identity, smoothed]));
    }),
    { seed: 1, numRuns: 100 },
  );
});

Deno.test("the initial inverse Hessian is positive definite whatever the steps", () => {
  fc.assert(
    fc.property(fc.nat(999), fc.integer({ min: 1, max: 5 }), (salt, pairs) => {
      const initial = new InitialInverseHessian(smooth);
      const moments = Array.from({ length: pairs }, (_, i) => {
        const [step, change] = [noise(salt + i), noise(salt + 50 + i)];
        // A pair of negative curvature is never remembered.
        return initial.momentsOf(dot(step, change) > 0 ? step : step.map((value) => -value), change);
      });
      const vector = noise(salt + 100);
      assert.ok(dot(initial.times(vector, moments), vector) > 0);
    }),
    { seed: 1, numRuns: 200 },
  );
});

Deno.test("where smoothing explains nothing, or there is none, it is a multiple of the identity", () => {
  const change = noise(1);
  const vector = noise(2);
  // Against smoothing: what is rough went far.
  const step = combined(change, [3, -2]);
  for (const initial of [new InitialInverseHessian(smooth), new InitialInverseHessian()]) {
    const gamma = dot(step, change) / dot(change, change);
    assertNear(initial.times(vector, [initial.momentsOf(step, change)]), vector.map((value) => gamma * value));
  }
  assert.deepEqual(new InitialInverseHessian(smooth).times(vector, []), vector);
});
