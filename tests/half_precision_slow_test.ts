/** Features and gradients of 16 bits with VGG16: nothing is too large for them, nothing vanishes. */
import assert from "node:assert/strict";
import type { Backend } from "../engine/backends/backend.ts";
import type { Objective, Term } from "../engine/objective/objective.ts";
import { OnnxBackend } from "../engine/backends/onnx/backend.ts";
import { HalfLayout } from "../engine/backends/onnx/half_layout.ts";
import { type Pixels, toPixels } from "../engine/picture.ts";
import { formulaPixels } from "../engine/testing/formula.ts";
import { relativeDistance } from "../engine/testing/distance.ts";
import { decodePicture } from "../images/decode.ts";
import { resizePicture } from "../images/resize.ts";
import { readSample } from "../samples/samples.ts";
import { loadWeights } from "../weights/load_weights.ts";
import { SHIPPED_WEIGHTS } from "../weights/shipped.ts";

const SIZE = { width: 64, height: 64 };
/** Features are held 64 times smaller than they are: half of what float16 can then hold. */
const LARGEST = 64 * 65504 / 2;

Deno.test("float16 holds what VGG16 gives", async () => {
  const { parameters } = await loadWeights(SHIPPED_WEIGHTS);
  const backends = [
    await OnnxBackend.open(parameters),
    await OnnxBackend.open(parameters, "cpu", { layout: new HalfLayout() }),
  ] as const;
  const terms: Term[] = [
    { kind: "content", layer: "conv1_1", mask: null },
    { kind: "content", layer: "conv2_1", mask: null },
    { kind: "style", layer: "conv5_1", mask: null },
  ];
  const [content, style] = [await sample("city-at-night"), await sample("starry-swirls")];
  // Weights so small and so large that most gradients are outside of float16 on either side.
  const noise = formulaPixels(SIZE.width, SIZE.height, 1);
  for (const [weight, start] of [[1e-7, content], [1e5, noise]] as const) {
    const weights = [weight, weight, weight];
    const [exact, half] = await Promise.all(
      backends.map((backend) => evaluate(backend, terms, weights, { content, style, start })),
    );
    assert.ok(exact!.largest < LARGEST, `the largest feature is ${exact!.largest}`);
    assert.ok(relativeDistance(half!.losses, exact!.losses) < 2e-3, `${half!.losses} and ${exact!.losses}`);
    const distance = relativeDistance(half!.gradient, exact!.gradient);
    assert.ok(distance < 0.1, `gradient: relative distance ${distance}`);
  }
  for (const backend of backends) await backend.close();
});

async function sample(name: string): Promise<Pixels> {
  const picture = await decodePicture(await readSample(name), { maxBytes: 1e8, maxPixels: 1e8 });
  return toPixels(await resizePicture(picture, SIZE));
}

async function evaluate(
  backend: Backend,
  terms: readonly Term[],
  weights: readonly number[],
  { content, style, start }: { content: Pixels; style: Pixels; start: Pixels },
) {
  const layers = terms.map(({ layer }) => layer);
  const features = await backend.features(content, SIZE, layers, "MAX");
  const grams = await backend.grams(style, SIZE, layers, "MAX");
  const targets = terms.map(({ kind, layer }) => (kind === "content" ? features : grams).get(layer)!);
  const objective: Objective = { size: SIZE, terms, masks: [], pooling: "MAX", normalizeGradients: false };
  const evaluator = await backend.compile(objective, targets);
  const evaluation = await evaluator.evaluate(start, weights);
  await evaluator.dispose();
  const seen = await backend.features(start, SIZE, layers, "MAX");
  const largest = [...seen.values()].flatMap((values) => [...values]).reduce((a, b) => Math.max(a, b), 0);
  return { ...evaluation, largest };
}
