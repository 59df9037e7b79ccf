import assert from "node:assert/strict";
import fc from "fast-check";
import { relativeDistance } from "../testing/distance.ts";
import { formulaNoise } from "../testing/formula.ts";
import { InitialInverseHessian } from "./initial_inverse_hessian.ts";
import { InverseHessian } from "./inverse_hessian.ts";
import { type Combination, InverseHessianProducts, type OfPair, type Products } from "./inverse_hessian_products.ts";
import { smoothing } from "./smoothing.ts";
import { addCombination, dot } from "./vectors.ts";

const SIZE = { width: 7, height: 5 };
const LENGTH = 3 * SIZE.width * SIZE.height;

function smooth(vector: Float32Array): Float32Array {
  const into = new Float32Array(LENGTH);
  smoothing(SIZE)(vector, into);
  return into;
}

function noise(salt: number): Float32Array {
  return Float32Array.from(formulaNoise(LENGTH, salt));
}

function withPair(vector: Float32Array, { step, change, smooth }: OfPair<Float32Array>): OfPair<number> {
  return { step: dot(vector, step), change: dot(vector, change), smooth: dot(vector, smooth) };
}

function productsOf(
  gradient: Float32Array,
  pair: OfPair<Float32Array>,
  slots: readonly OfPair<Float32Array>[],
): Products {
  return {
    square: dot(gradient, gradient),
    smooth: dot(gradient, smooth(gradient)),
    moments: {
      stepStep: dot(pair.step, pair.step),
      changeChange: dot(pair.change, pair.change),
      changeSmooth: dot(pair.change, pair.smooth),
      smoothSmooth: dot(pair.smooth, pair.smooth),
      stepChange: dot(pair.step, pair.change),
      stepSmooth: dot(pair.step, pair.smooth),
    },
    gradient: withPair(gradient, pair),
    slots: slots.map((each) => ({ change: withPair(pair.change, each), gradient: withPair(gradient, each) })),
  };
}

function sumOf(gradient: Float32Array, of: Combination, slots: readonly OfPair<Float32Array>[]): Float32Array {
  const parts = ["step", "change", "smooth"] as const;
  const vectors = [gradient, smooth(gradient), ...slots.flatMap((pair) => parts.map((part) => pair[part]))];
  const factors = of.slots.flatMap((pair) => parts.map((part) => pair[part]));
  const sum = new Float32Array(LENGTH);
  addCombination(sum, vectors, [of.gradient, of.smoothGradient, ...factors]);
  return sum;
}

Deno.test("directions from dot products are those of the vectors themselves", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.record({ uphill: fc.boolean(), forget: fc.constantFrom(false, false, false, true) }), {
        minLength: 1,
        maxLength: 9,
      }),
      (history, events) => {
        const whole = new InverseHessian(history, new InitialInverseHessian(smoothing(SIZE)), []);
        const products = new InverseHessianProducts(history);
        const none = {
          step: new Float32Array(LENGTH),
          change: new Float32Array(LENGTH),
          smooth: new Float32Array(LENGTH),
        };
        const slots: OfPair<Float32Array>[] = Array.from({ length: history }, () => none);
        events.forEach(({ uphill, forget }, i) => {
          const step = noise(3 * i + 1);
          // Some curvature of its own, mixed with the step's.
          const change = new Float32Array(LENGTH);
          addCombination(change, [step, noise(3 * i + 2)], [uphill ? -1 : 0.5 + i % 3, 0.3]);
          const gradient = noise(3 * i + 3);
          const pair = { step, change, smooth: smooth(change) };
          const given = productsOf(gradient, pair, slots);
          products.arrive(given);
          const slot = products.remember(given);
          whole.remember({ step, change });
          assert.equal(slot === null, uphill);
          if (slot !== null) slots[slot] = pair;
          if (forget) {
            whole.forget();
            products.forget();
          }
          assert.equal(products.slots.length, whole.pairs.length);
          products.slots.forEach((slot, k) => assert.equal(slots[slot]!.step, whole.pairs[k]!.step));
          const { direction, slope } = products.direction();
          const wanted = whole.direction(gradient);
          assert.ok(relativeDistance(sumOf(gradient, direction, slots), wanted) < 1e-5);
          assert.ok(Math.abs(slope / dot(gradient, wanted) - 1) < 1e-5);
        });
      },
    ),
    { seed: 1, numRuns: 40 },
  );
});
