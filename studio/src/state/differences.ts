import type { BeginData, Options } from "../api/operations.ts";
import type { Changes } from "./draft.ts";

const PLAIN = [
  "contentWeight",
  "styleWeight",
  "tvWeight",
  "pooling",
  "color",
  "styleScale",
  "normalizeGradients",
  "whitening",
  "averaging",
  "frameEvery",
] as const;

/** The options of a transfer in which it differs from its preset: what a request has to name to get the same. */
export function differences(options: Options, presets: BeginData["presets"]): Changes {
  const preset = presets.find(({ name }) => name === options.preset)?.options;
  const changed: Record<string, unknown> = {};
  if (!preset) return {};
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  if (!same(options.scales, preset.scales)) {
    const size = options.scales.at(-1)?.size;
    if (size !== preset.scales.at(-1)?.size) changed.size = size;
    if (options.steps !== preset.steps) changed.steps = options.steps;
  }
  for (const key of PLAIN) if (options[key] !== preset[key]) changed[key] = options[key];
  for (const key of ["contentLayers", "styleLayers", "init"] as const) {
    if (!same(options[key], preset[key])) changed[key] = options[key];
  }
  if (!same(options.optimizer, preset.optimizer)) {
    const { kind, learningRate } = options.optimizer;
    changed.optimizer = { kind, learningRate };
  }
  if (options.keepFrames) changed.keepFrames = true;
  changed.seed = options.seed;
  return changed as Changes;
}
