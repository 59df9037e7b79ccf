import assert from "node:assert/strict";
import type { Options } from "../api/operations.ts";
import { differences } from "./differences.ts";

const PRESET: Options = {
  preset: "FAST",
  width: 256,
  height: 256,
  steps: 100,
  scales: [{ size: 128, steps: 60 }, { size: 256, steps: 40 }],
  contentWeight: 0.3,
  styleWeight: 1,
  tvWeight: 0,
  contentLayers: [{ layer: "conv3_2", weight: 1 }],
  styleLayers: [{ layer: "conv1_1", weight: 1 }],
  optimizer: { kind: "LBFGS", learningRate: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, history: 10 },
  init: { kind: "CONTENT", noise: 0 },
  pooling: "MAX",
  color: "STYLE",
  styleScale: 1,
  whitening: 0,
  normalizeGradients: false,
  averaging: 0,
  seed: 0,
  frameEvery: 2,
  keepFrames: false,
};
const PRESETS = [{ name: "FAST", description: "", options: PRESET }] as const;

Deno.test("differences() names nothing but the seed where a transfer is its preset", () => {
  assert.deepEqual(differences({ ...PRESET, width: 256, height: 171, seed: 7 }, PRESETS), { seed: 7 });
});

Deno.test("differences() names what was changed, and all of it", () => {
  const changed: Options = {
    ...PRESET,
    steps: 12,
    scales: [{ size: 48, steps: 12 }],
    styleWeight: 3,
    color: "LUMINANCE",
    styleLayers: [{ layer: "conv4_3", weight: 2 }],
    optimizer: { ...PRESET.optimizer, kind: "ADAM", learningRate: 10 },
    keepFrames: true,
    seed: 7,
  };
  assert.deepEqual(differences(changed, PRESETS), {
    size: 48,
    steps: 12,
    styleWeight: 3,
    color: "LUMINANCE",
    styleLayers: [{ layer: "conv4_3", weight: 2 }],
    optimizer: { kind: "ADAM", learningRate: 10 },
    keepFrames: true,
    seed: 7,
  });
});
