import assert from "node:assert/strict";
import { relativeDistance } from "../testing/distance.ts";
import { formulaNoise } from "../testing/formula.ts";
import { InitialInverseHessian } from "./initial_inverse_hessian.ts";
import { type CurvaturePair, InverseHessian } from "./inverse_hessian.ts";
import { smoothing } from "./smoothing.ts";

const SIZE = { width: 9, height: 7 };
const LENGTH = 3 * SIZE.width * SIZE.height;

/** Pairs of a bowl whose curvature is 1 to 8. */
function pairs(count: number): CurvaturePair[] {
  return Array.from({ length: count }, (_, i) => {
    const step = Float32Array.from(formulaNoise(LENGTH, i));
    return { step, change: step.map((value, k) => value * (1 + k % 8)) };
  });
}

function initialInverse(): InitialInverseHessian {
  return new InitialInverseHessian(smoothing(SIZE));
}

/** Nocedal and Wright 2006, algorithm 7.4, in float64. */
function textbook(pairs: readonly CurvaturePair[], gradient: Float32Array): Float64Array {
  const inner = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);
  const initial = initialInverse();
  let q = Float64Array.from(gradient, (value) => -value);
  const alphas = pairs.toReversed().map(({ step, change }) => {
    const alpha = inner(step, q) / inner(step, change);
    q = q.map((value, i) => value - alpha * change[i]!);
    return alpha;
  }).reverse();
  const moments = pairs.map(({ step, change }) => initial.momentsOf(step, change));
  let r = Float64Array.from(initial.times(Float32Array.from(q), moments));
  pairs.forEach(({ step, change }, k) => {
    const beta = inner(change, r) / inner(step, change);
    r = r.map((value, i) => value + (alphas[k]! - beta) * step[i]!);
  });
  return r;
}

Deno.test("the direction is that of the two-loop recursion, for any number of pairs", () => {
  const gradient = Float32Array.from(formulaNoise(LENGTH, 100));
  for (let count = 0; count <= 7; count++) {
    const known = pairs(count);
    const direction = new InverseHessian(10, initialInverse(), known).direction(gradient);
    const distance = relativeDistance(direction, textbook(known, gradient));
    assert.ok(distance < 1e-5, `${count} pairs: relative distance ${distance}`);
  }
});

Deno.test("what is remembered one by one is, to the last bit, what is given at the start; the oldest is forgotten", () => {
  const all = pairs(7);
  const gradient = Float32Array.from(formulaNoise(LENGTH, 100));
  const remembering = new InverseHessian(3, initialInverse(), []);
  for (const pair of all) remembering.remember(pair);
  const given = new InverseHessian(3, initialInverse(), all.slice(-3));
  assert.deepEqual(remembering.direction(gradient), given.direction(gradient));
  assert.deepEqual(remembering.pairs.map(({ step }) => step), all.slice(-3).map(({ step }) => step));
});

Deno.test("a direction stays as it is when another is asked for", () => {
  for (const count of [0, 2]) {
    const inverse = new InverseHessian(3, initialInverse(), pairs(count));
    const first = inverse.direction(Float32Array.from(formulaNoise(LENGTH, 1)));
    const copy = first.slice();
    inverse.direction(Float32Array.from(formulaNoise(LENGTH, 2)));
    assert.deepEqual(first, copy);
  }
});
