import assert from "node:assert/strict";
import { PRESET_NAMES } from "../engine/options/options.ts";
import { ApiStage, WHOLE_NETWORK } from "./testing/api_stage.ts";
import { fail, run } from "./testing/execute.ts";

Deno.test("presets resolves each preset for a square picture", async () => {
  await using stage = await ApiStage.open();
  const { presets } = await run(
    stage,
    "{ presets { name description options { preset width height steps scales { size width height steps } seed } } }",
  );
  assert.deepEqual(presets.map(({ name }: { name: string }) => name), PRESET_NAMES);
  for (const { name, description, options } of presets) {
    assert.equal(options.preset, name);
    assert.ok(description.endsWith("."));
    assert.equal(options.width, options.height);
    assert.equal(options.steps, options.scales.reduce((sum: number, { steps }: { steps: number }) => sum + steps, 0));
  }
  const [classic] = presets;
  assert.deepEqual(classic.options.scales, [{ size: 668, width: 668, height: 668, steps: 100 }]);
});

Deno.test("samples, engine and weights tell what is there", async () => {
  await using stage = await ApiStage.open();
  const data = await run(
    stage,
    `{ samples { name description image { id width height } } engine { backend device precision version }
       weights { name origin sha256 note layers { name weightShape biasShape } } }`,
  );
  assert.deepEqual(data, {
    samples: [
      { name: "content", description: "A content picture.", image: { id: "sample-content", width: 64, height: 48 } },
      { name: "style", description: "A style picture.", image: { id: "sample-style", width: 32, height: 32 } },
    ],
    engine: { backend: "fake", device: "cpu", precision: "float32", version: "0" },
    weights: {
      name: "test filters",
      origin: "SHIPPED",
      sha256: "0".repeat(64),
      note: "Of this test.",
      layers: [{ name: "conv1_1", weightShape: [3, 3, 3, 64], biasShape: [64] }],
    },
  });
});

Deno.test("classify gives the most probable classes first, the lower number first among equals", async () => {
  await using stage = await ApiStage.open({ settings: WHOLE_NETWORK });
  stage.engine.probabilities = new Float32Array(1000);
  stage.engine.probabilities.set([0.25, 0, 0.5, 0.25]);
  const ask = (top: string) => run(stage, `{ classify(image: { sample: "style" }${top}) { index label probability } }`);
  assert.deepEqual((await ask(", top: 3")).classify, [
    { index: 2, label: "label 2", probability: 0.5 },
    { index: 0, label: "label 0", probability: 0.25 },
    { index: 3, label: "label 3", probability: 0.25 },
  ]);
  assert.equal((await ask("")).classify.length, 5);
  assert.equal((await ask(", top: 1000")).classify.length, 1000);
});

Deno.test("classify without fc layers is WEIGHTS_INCOMPLETE", async () => {
  await using stage = await ApiStage.open();
  const error = await fail(stage, '{ classify(image: { sample: "style" }) { index } }');
  assert.equal(error.code, "WEIGHTS_INCOMPLETE");
});
