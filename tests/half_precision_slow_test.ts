/** Features of 16 bits with VGG16: nothing is too large for them, nothing vanishes. */
import assert from "node:assert/strict";
import type { Backend } from "../engine/backends/backend.ts";
import type { Objective, Term } from "../engine/objective/objective.ts";
import { OnnxBackend } from "../engine/backends/onnx/backend.ts";
import { WebgpuBackend } from "../engine/backends/webgpu/backend.ts";
import { NO_ADAPTER } from "../engine/backends/webgpu/testing/device.ts";
import { type Pixels, toPixels } from "../engine/picture.ts";
import { relativeDistance } from "../engine/testing/distance.ts";
import { decodePicture } from "../images/decode.ts";
import { resizePicture } from "../images/resize.ts";
import { readSample } from "../samples/samples.ts";
import { loadWeights } from "../weights/load_weights.ts";
import { SHIPPED_WEIGHTS } from "../weights/shipped.ts";

const SIZE = { width: 48, height: 48 };
/** Features are held 64 times smaller than they are: half of what 16 bits can then hold. */
const LARGEST = 64 * 65504 / 2;
const TERMS: readonly Term[] = [
  { kind: "content", layer: "conv1_1", mask: null },
  { kind: "content", layer: "conv2_1", mask: null },
  { kind: "style", layer: "conv4_1", mask: null },
];

Deno.test({
  name: NO_ADAPTER ? `16 bits hold what VGG16 gives: ${NO_ADAPTER}` : "16 bits hold what VGG16 gives",
  ignore: NO_ADAPTER !== null,
  fn: async () => {
    const { parameters } = await loadWeights(SHIPPED_WEIGHTS);
    const backends = [
      await OnnxBackend.open(parameters),
      await WebgpuBackend.open(parameters, { precision: "float16" }),
    ] as const;
    const [content, style] = [await sample("city-at-night"), await sample("starry-swirls")];
    const [exact, half] = await Promise.all(backends.map((backend) => evaluate(backend, content, style)));
    assert.ok(exact!.largest < LARGEST, `the largest feature is ${exact!.largest}`);
    assert.ok(relativeDistance(half!.losses, exact!.losses) < 2e-3, `${half!.losses} and ${exact!.losses}`);
    const distance = relativeDistance(half!.gradient, exact!.gradient);
    assert.ok(distance < 0.1, `gradient: relative distance ${distance}`);
    for (const backend of backends) await backend.close();
  },
});

async function sample(name: string): Promise<Pixels> {
  const picture = await decodePicture(await readSample(name), { maxBytes: 1e8, maxPixels: 1e8 });
  return toPixels(await resizePicture(picture, SIZE));
}

/** At one picture, with the targets of the other. */
async function evaluate(backend: Backend, target: Pixels, start: Pixels) {
  const layers = TERMS.map(({ layer }) => layer);
  const features = await backend.features(target, SIZE, layers, "MAX");
  const grams = await backend.grams(target, SIZE, layers, "MAX");
  const targets = TERMS.map(({ kind, layer }) => (kind === "content" ? features : grams).get(layer)!);
  const objective: Objective = { size: SIZE, terms: TERMS, masks: [], pooling: "MAX", normalizeGradients: false };
  const evaluator = await backend.compile(objective, targets);
  const evaluation = await evaluator.evaluate(start, [1, 1, 1]);
  await evaluator.dispose();
  const largest = [...features.values()].flatMap((values) => [...values]).reduce((a, b) => Math.max(a, b), 0);
  return { ...evaluation, largest };
}
