import assert from "node:assert/strict";
import type { Objective } from "../../../objective/objective.ts";
import { PRESETS } from "../../../options/presets.ts";
import { formulaParameters, formulaPixels } from "../../../testing/formula.ts";
import { whitener } from "../../../objective/whitening.ts";
import { DEFAULT_PRECISION } from "../../precision.ts";
import { TensorflowBackend } from "../backend.ts";
import { openRuntime } from "../runtime.ts";

const SIZE = { width: 3, height: 2 };
const OBJECTIVES: readonly Pick<Objective, "pooling" | "normalizeGradients">[] = [
  { pooling: "MAX", normalizeGradients: false },
  { pooling: "AVERAGE", normalizeGradients: true },
];

const STEPS = 500;

Deno.test(`${OBJECTIVES.length * STEPS} steps of TensorFlow leave no tensor behind`, async () => {
  const { tf } = await openRuntime(DEFAULT_PRECISION);
  const backend = await TensorflowBackend.open(formulaParameters("conv2_1"));
  for (const options of OBJECTIVES) {
    const content = (await backend.features(formulaPixels(3, 2, 1), SIZE, ["conv2_1"], "MAX")).get("conv2_1")!;
    const style = (await backend.grams(formulaPixels(3, 2, 2), SIZE, ["conv1_1"], "MAX")).get("conv1_1")!;
    const before = tf.memory().numTensors;
    const evaluator = await backend.compile({
      size: SIZE,
      terms: [{ kind: "content", layer: "conv2_1", mask: null }, { kind: "style", layer: "conv1_1", mask: 0 }],
      masks: [{ ...SIZE, values: new Float32Array(6).fill(0.5) }],
      whiteners: new Map([[1, whitener(style, 0.5)]]),
      ...options,
    }, [content, style]);
    const pixels = formulaPixels(3, 2, 3);
    // The first step moves what stays to the device: kernels of the gradient, shares of average pools.
    await evaluator.evaluate(pixels, [1, 1]);
    const adam = await evaluator.adam(PRESETS.CLASSIC.optimizer, { numbers: {}, arrays: { pixels } });
    const after = tf.memory();
    for (let step = 0; step < STEPS / 2; step++) {
      await evaluator.evaluate(pixels, [1, step]);
      await adam.step([1, step], step % 2, 1);
    }
    await adam.pixels();
    await adam.state();
    assert.equal(tf.memory().numTensors, after.numTensors);
    assert.equal(tf.memory().numBytes, after.numBytes);
    adam.dispose();
    await evaluator.dispose();
    const kept = tf.memory().numTensors - before;
    assert.ok(kept <= 6, `${kept} tensors stay beside the parameters`);
  }
  await backend.close();
  assert.equal(tf.memory().numTensors, 0);
});
