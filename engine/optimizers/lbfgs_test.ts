import assert from "node:assert/strict";
import fc from "fast-check";
import type { OptimizerOptions } from "../options/options.ts";
import { PRESETS } from "../options/presets.ts";
import { formulaNoise } from "../testing/formula.ts";
import { Lbfgs } from "./lbfgs.ts";

const OPTIONS: OptimizerOptions = PRESETS.FAST.optimizer;

/** A loss with its gradient. */
type Problem = (x: Float32Array) => { loss: number; gradient: Float32Array };

/** Σ curvature · (x − 100)² / 2. */
function bowl(curvatures: readonly number[]): Problem {
  return (x) => ({
    loss: x.reduce((sum, value, i) => sum + (curvatures[i]! * (value - 100) ** 2) / 2, 0),
    gradient: x.map((value, i) => curvatures[i]! * (value - 100)),
  });
}

/** Rosenbrock's valley in units of a tenth: its minimum 0 lies at (10, 10). */
const rosenbrock: Problem = (x) => {
  const [a, b] = [x[0]! / 10, x[1]! / 10];
  const across = b - a * a;
  return {
    loss: 100 * across ** 2 + (1 - a) ** 2,
    gradient: Float32Array.of((-400 * a * across - 2 * (1 - a)) / 10, (200 * across) / 10),
  };
};

function begin(pixels: Float32Array, options: Partial<OptimizerOptions> = {}): Lbfgs {
  return new Lbfgs({ ...OPTIONS, ...options }, { numbers: {}, arrays: { pixels } });
}

/** Takes steps; gives the losses of the points that were accepted. */
function run(lbfgs: Lbfgs, problem: Problem, steps: number): number[] {
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const point = problem(lbfgs.query);
    if (lbfgs.advance(point).accepted) losses.push(point.loss);
  }
  return losses;
}

function assertNeverIncreases(losses: readonly number[]): void {
  losses.slice(1).forEach((loss, i) => assert.ok(loss <= losses[i]!, `${losses[i]} went up to ${loss}`));
}

Deno.test("L-BFGS finds the bottom of a bowl", () => {
  const curvatures = Array.from({ length: 30 }, (_, i) => 10 ** (i / 10));
  const lbfgs = begin(Float32Array.from(formulaNoise(30, 1), (value) => 100 * value));
  const losses = run(lbfgs, bowl(curvatures), 90);
  assertNeverIncreases(losses);
  assert.ok(losses.at(-1)! < 1e-6 * losses[0]!, `${losses.at(-1)} of ${losses[0]}`);
});

Deno.test("L-BFGS goes down Rosenbrock's valley to its end", () => {
  const losses = run(begin(Float32Array.of(-12, 10)), rosenbrock, 150);
  assertNeverIncreases(losses);
  assert.ok(losses.at(-1)! < 1e-8, `${losses.at(-1)}`);
});

Deno.test("no accepted loss is higher than the one before, however badly the problem is scaled", () => {
  const exponent = fc.double({ min: -8, max: 8, noNaN: true });
  fc.assert(
    fc.property(fc.array(exponent, { minLength: 1, maxLength: 40 }), fc.nat(999), (exponents, salt) => {
      const start = Float32Array.from(formulaNoise(exponents.length, salt), (value) => 255 * value);
      const problem = bowl(exponents.map((power) => 10 ** power));
      const lbfgs = begin(start);
      assertNeverIncreases(run(lbfgs, problem, 60));
      assert.ok(lbfgs.query.every(Number.isFinite));
    }),
    { seed: 1, numRuns: 200 },
  );
});

Deno.test("no step moves a pixel by more than a quarter of its range", () => {
  // Almost no slope and less curvature: the quasi-Newton step would leap.
  const flat: Problem = (x) => ({
    loss: x.reduce((sum, value) => sum + Math.log(1 + value * value * 1e-3), 0),
    gradient: x.map((value) => (2e-3 * value) / (1 + value * value * 1e-3)),
  });
  const lbfgs = begin(Float32Array.of(200, -150, 80));
  for (let i = 0; i < 40; i++) {
    const before = lbfgs.pixels;
    lbfgs.query.forEach((value, c) => assert.ok(Math.abs(value - before[c]!) <= 64.001));
    lbfgs.advance(flat(lbfgs.query));
  }
});

Deno.test("losses that are not finite, at any step, are stepped back from", () => {
  const broken = fc.constantFrom(NaN, Infinity, -NaN, 1e308);
  fc.assert(
    fc.property(fc.array(fc.option(broken), { minLength: 40, maxLength: 40 }), (failures) => {
      const lbfgs = begin(Float32Array.of(-30, 250, 7, 90));
      const problem = bowl([1, 10, 0.1, 3]);
      lbfgs.advance(problem(lbfgs.query));
      const accepted: number[] = [];
      for (const failure of failures) {
        const kept = lbfgs.pixels;
        const point = problem(lbfgs.query);
        const given = failure === null ? point : { loss: failure, gradient: new Float32Array(4).fill(NaN) };
        if (lbfgs.advance(given).accepted) accepted.push(point.loss);
        else assert.equal(lbfgs.pixels, kept, "a rejected point leaves the picture as it was");
        assert.ok(lbfgs.pixels.every(Number.isFinite) && lbfgs.query.every(Number.isFinite));
        assert.equal(failure === null || lbfgs.pixels === kept, true);
      }
      assertNeverIncreases(accepted);
      const later = run(lbfgs, problem, 40);
      assertNeverIncreases(later);
      assert.ok(later.at(-1)! < 1e-3, `it recovers: ${later.at(-1)}`);
    }),
    { seed: 1, numRuns: 100 },
  );
});

Deno.test("L-BFGS stays where the gradient is zero", () => {
  const lbfgs = begin(new Float32Array(4).fill(100));
  run(lbfgs, bowl([1, 2, 3, 4]), 10);
  assert.deepEqual(lbfgs.pixels, new Float32Array(4).fill(100));
});

Deno.test("L-BFGS taken apart and put together at any step gives the same bytes", () => {
  for (const problem of [rosenbrock, bowl([1, 1e4])]) {
    const whole = begin(Float32Array.of(-12, 10), { history: 3 });
    let longest = 0;
    for (let cut = 0; cut < 40; cut++) {
      const { numbers, arrays } = whole.state();
      const copies = Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()]));
      const restored = new Lbfgs({ ...OPTIONS, history: 3 }, {
        numbers: JSON.parse(JSON.stringify(numbers)),
        arrays: copies,
      });
      run(whole, problem, 1);
      run(restored, problem, 1);
      assert.deepEqual(restored.state(), whole.state());
      longest = Math.max(longest, Object.keys(whole.state().arrays).filter((name) => /^step\d+$/.test(name)).length);
    }
    assert.equal(longest, 3, "the history was full");
  }
});

Deno.test("a changed objective makes L-BFGS begin again where it is", () => {
  const lbfgs = begin(Float32Array.of(0, 0, 0));
  run(lbfgs, bowl([1, 5, 20]), 12);
  const there = lbfgs.pixels.slice();
  lbfgs.objectiveChanged();
  assert.equal(lbfgs.canStepBack, false);
  assert.deepEqual(lbfgs.query, there);
  assert.deepEqual(Object.keys(lbfgs.state().arrays), ["pixels"]);
  // The new loss is far higher; it is the picture's all the same.
  const losses = run(lbfgs, (x) => {
    const { loss, gradient } = bowl([20, 5, 1])(x);
    return { loss: 1e9 + loss, gradient };
  }, 20);
  assert.equal(losses.length > 5, true);
  assertNeverIncreases(losses);
});

Deno.test("another scale begins with the picture alone", () => {
  const lbfgs = begin(Float32Array.of(1, 2, 3));
  run(lbfgs, bowl([1, 2, 3]), 5);
  const pixels = Float32Array.of(1, 2, 3, 4, 5, 6);
  const state = lbfgs.rescaled({ width: 1, height: 1 }, { width: 2, height: 1 }, pixels);
  assert.deepEqual(state, { numbers: {}, arrays: { pixels } });
});
