import assert from "node:assert/strict";
import { PRESET_NAMES } from "../engine/options/options.ts";
import { FakeServices } from "./testing/fake_services.ts";
import { fail, run } from "./testing/execute.ts";

Deno.test("presets resolves each preset for a square picture", async () => {
  const { presets } = await run(
    new FakeServices(),
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
  const data = await run(
    new FakeServices(),
    `{ samples { name description image { id width height } } engine { backend device precision version }
       weights { name origin sha256 note layers { name weightShape biasShape } } }`,
  );
  assert.deepEqual(data, {
    samples: [
      { name: "content", description: "A content picture.", image: { id: "im_content", width: 64, height: 48 } },
      { name: "style", description: "A style picture.", image: { id: "im_style", width: 32, height: 32 } },
    ],
    engine: { backend: "onnx", device: "cpu", precision: "float32", version: "1.30.0" },
    weights: {
      name: "test filters",
      origin: "SHIPPED",
      sha256: "5a",
      note: "Of this test.",
      layers: [{ name: "conv1_1", weightShape: [3, 3, 3, 64], biasShape: [64] }],
    },
  });
});

Deno.test("classify gives the most probable classes first, the lower number first among equals", async () => {
  const services = new FakeServices();
  services.transfers.probabilities = new Float32Array(1000);
  services.transfers.probabilities.set([0.25, 0, 0.5, 0.25]);
  const ask = (top: string) =>
    run(services, `{ classify(image: { sample: "style" }${top}) { index label probability } }`);
  assert.deepEqual((await ask(", top: 3")).classify, [
    { index: 2, label: "label 2", probability: 0.5 },
    { index: 0, label: "label 0", probability: 0.25 },
    { index: 3, label: "label 3", probability: 0.25 },
  ]);
  assert.equal((await ask("")).classify.length, 5);
  assert.equal((await ask(", top: 1000")).classify.length, 1000);
});

Deno.test("classify without fc layers is WEIGHTS_INCOMPLETE", async () => {
  const error = await fail(new FakeServices(), '{ classify(image: { sample: "style" }) { index } }');
  assert.equal(error.code, "WEIGHTS_INCOMPLETE");
});
