/** One evaluation of CLASSIC's objective, as several benchmarks time it. */
import type { Backend } from "../engine/backends/backend.ts";
import type { Objective } from "../engine/objective/objective.ts";
import { PRESETS } from "../engine/options/presets.ts";
import { formulaPixels } from "../engine/testing/formula.ts";

/** CLASSIC's objective for a square. @param styleLayers Instead of its own. */
export function classicObjective(side: number, styleLayers = PRESETS.CLASSIC.styleLayers): Objective {
  return {
    size: { width: side, height: side },
    terms: [
      ...PRESETS.CLASSIC.contentLayers.map(({ layer }) => ({ kind: "content", layer, mask: null } as const)),
      ...styleLayers.map(({ layer }) => ({ kind: "style", layer, mask: null } as const)),
    ],
    masks: [],
    pooling: "MAX",
    normalizeGradients: false,
  };
}

/** Losses and gradient, picture in, gradient out; `evaluate` gives the seconds that it took. */
export async function classicStep(backend: Backend, { size, terms, ...rest }: Objective) {
  const pixels = (seed: number) => formulaPixels(size.width, size.height, seed);
  const layers = (wanted: string) => terms.filter(({ kind }) => kind === wanted).map(({ layer }) => layer);
  const features = await backend.features(pixels(1001), size, layers("content"), rest.pooling);
  const grams = await backend.grams(pixels(1002), size, layers("style"), rest.pooling);
  const evaluator = await backend.compile({ size, terms, ...rest }, [...features.values(), ...grams.values()]);
  const { contentWeight, styleWeight } = PRESETS.CLASSIC;
  const weights = terms.map(({ kind }) => kind === "content" ? contentWeight : styleWeight);
  const start = pixels(1003);
  const evaluate = async () => {
    const started = performance.now();
    await evaluator.evaluate(start, weights);
    return (performance.now() - started) / 1000;
  };
  return { evaluate, dispose: () => evaluator.dispose() };
}
