import assert from "node:assert/strict";
import fc from "fast-check";
import golden from "../conformance/golden/adam.json" with { type: "json" };
import type { OptimizerOptions } from "../options/options.ts";
import { PRESETS } from "../options/presets.ts";
import { relativeDistance } from "../testing/distance.ts";
import { formulaNoise, formulaPixels } from "../testing/formula.ts";
import { Adam } from "./adam.ts";

const OPTIONS: OptimizerOptions = PRESETS.CLASSIC.optimizer;

function begin(pixels: Float32Array, options: Partial<OptimizerOptions> = {}): Adam {
  return new Adam({ ...OPTIONS, ...options }, { numbers: {}, arrays: { pixels } });
}

/** The gradients of adam_cases() in golden.py: noise of growing size. */
function gradient(step: number): Float32Array {
  return Float32Array.from(formulaNoise(6, 10 + step), (value) => value * 10 ** (step - 4));
}

Deno.test("Adam goes where PyTorch's goes", async (t) => {
  for (const { name, beta1, beta2, epsilon, positions } of golden) {
    await t.step(name, () => {
      const adam = begin(Float32Array.from(formulaNoise(6, 1), (value) => value * 100), { beta1, beta2, epsilon });
      positions.forEach((wanted, step) => {
        assert.deepEqual(adam.advance({ loss: NaN, gradient: gradient(step) }), { accepted: true });
        const distance = relativeDistance(adam.pixels, wanted);
        assert.ok(distance < 1e-6, `step ${step + 1}: relative distance ${distance}`);
      });
    });
  }
});

Deno.test("Adam's first step is the learning rate against the gradient's sign", () => {
  const adam = begin(new Float32Array(3), { learningRate: 7 });
  adam.advance({ loss: 0, gradient: Float32Array.of(1e-3, -5, 1e6) });
  adam.pixels.forEach((value, i) => assert.ok(Math.abs(value - [-7, 7, -7][i]!) < 1e-3));
});

Deno.test("Adam taken apart and put together at any step gives the same bytes", () => {
  const whole = begin(formulaPixels(2, 1, 1));
  for (let cut = 0; cut < 8; cut++) {
    const { numbers, arrays } = whole.state();
    const copies = Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()]));
    const restored = new Adam(OPTIONS, { numbers: { ...numbers }, arrays: copies });
    for (const adam of [whole, restored]) adam.advance({ loss: 0, gradient: gradient(cut) });
    assert.deepEqual(restored.state(), whole.state());
  }
});

Deno.test("Adam takes another learning rate from the next step on", () => {
  const [slow, quick] = [begin(new Float32Array(2)), begin(new Float32Array(2))];
  quick.setLearningRate(30);
  for (const adam of [slow, quick]) adam.advance({ loss: 0, gradient: Float32Array.of(1, -1) });
  assert.deepEqual(quick.pixels, slow.pixels.map((value) => 3 * value));
});

Deno.test("Adam carries its moments to another scale, the second never negative", () => {
  const [from, to] = [{ width: 5, height: 4 }, { width: 9, height: 7 }];
  const adam = begin(formulaPixels(5, 4, 1));
  // A single spike is where cubic interpolation undershoots.
  adam.advance({ loss: 0, gradient: Object.assign(new Float32Array(60), { 30: 1000 }) });
  const pixels = formulaPixels(9, 7, 2);
  const { numbers, arrays } = adam.rescaled(from, to, pixels);
  assert.deepEqual(numbers, { step: 1 });
  assert.equal(arrays["pixels"], pixels);
  assert.ok(arrays["second"]!.every((value) => value >= 0));
  assert.ok(arrays["first"]!.some((value) => value < 0), "the first moment undershoots, and may");
  assert.ok(Math.max(...arrays["second"]!) > 100);
});

Deno.test("Adam's first step at another scale is not longer than its learning rate", () => {
  const [from, to] = [{ width: 5, height: 4 }, { width: 9, height: 7 }];
  fc.assert(fc.property(fc.nat(1000), fc.integer({ min: 0, max: 30 }), (salt, steps) => {
    const adam = begin(formulaPixels(5, 4, 1));
    for (let step = 0; step < steps; step++) {
      // Spikes of very different heights, as gradients have.
      const gradient = Float32Array.from(formulaNoise(60, salt + step), (value) => 1e6 * value ** 31);
      adam.advance({ loss: 0, gradient });
    }
    const before = formulaPixels(9, 7, 2);
    const { learningRate } = OPTIONS;
    const next = new Adam(OPTIONS, adam.rescaled(from, to, before.slice()));
    next.advance({ loss: 0, gradient: new Float32Array(before.length) });
    next.pixels.forEach((value, i) => {
      const moved = Math.abs(value - before[i]!);
      assert.ok(moved <= learningRate * 1.001, `value ${i} moves by ${moved}`);
    });
  }));
});
