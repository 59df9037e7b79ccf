import assert from "node:assert/strict";
import { checkLayers } from "./check_layers.ts";
import { PRESET_NAMES } from "./options.ts";
import { PRESETS } from "./presets.ts";
import { resolveOptions } from "./resolve.ts";
import { CONV_NAMES } from "../vgg16.ts";

const SIZE = { width: 300, height: 200 };

Deno.test("every preset is described and complete", () => {
  assert.deepEqual(Object.keys(PRESETS).sort(), [...PRESET_NAMES].sort());
  for (const preset of PRESET_NAMES) {
    assert.match(PRESETS[preset].description, /^[A-Z0-9].*\.$/);
    const options = resolveOptions({ preset }, SIZE, 0);
    assert.equal(options.preset, preset);
    assert.ok(options.contentLayers.length > 0 && options.styleLayers.length > 0);
  }
});

Deno.test("CLASSIC is the published article", () => {
  const { description: _, ...options } = PRESETS.CLASSIC;
  assert.deepEqual(options, {
    scales: [{ size: 668, steps: 100 }],
    contentWeight: 0.1,
    styleWeight: 500,
    temporalWeight: 5,
    tvWeight: 0,
    contentLayers: [{ layer: "conv1_1", weight: 1 }, { layer: "conv2_1", weight: 1 }],
    styleLayers: [{ layer: "conv4_3", weight: 1 }],
    optimizer: { kind: "ADAM", learningRate: 10, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, history: 10 },
    init: { kind: "NOISE", noise: 1 },
    pooling: "MAX",
    color: "STYLE",
    styleMatch: "GRAM",
    styleTurns: false,
    paletteWeight: 0,
    styleScale: 1,
    normalizeGradients: false,
    normalizeLosses: false,
    whitening: 0,
    averaging: 0,
    frameEvery: 1,
    keepFrames: false,
    moving: false,
  });
});

Deno.test("GATYS and JOHNSON have the layers of their papers", () => {
  const names = (layers: readonly { layer: string }[]) => layers.map(({ layer }) => layer);
  const { GATYS, JOHNSON } = PRESETS;
  assert.deepEqual(names(GATYS.styleLayers), ["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"]);
  assert.deepEqual(names(GATYS.contentLayers), ["conv4_2"]);
  assert.equal(GATYS.optimizer.kind, "LBFGS");
  assert.deepEqual(names(JOHNSON.styleLayers), ["conv1_2", "conv2_2", "conv3_3", "conv4_3"]);
  assert.deepEqual(names(JOHNSON.contentLayers), ["conv2_2"]);
});

Deno.test("every preset runs on VGG16's convolutions", () => {
  for (const preset of PRESET_NAMES) checkLayers(resolveOptions({ preset }, SIZE, 0), new Set(CONV_NAMES));
});
