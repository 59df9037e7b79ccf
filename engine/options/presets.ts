/**
 * The presets: a complete set of options each, each of which can be overridden.
 *
 * @module
 */
import type { DefaultedName, DrawnName, LayerWeight, PresetName, Settings } from "./options.ts";
import { entryOf, OPTION_NAMES, type Schedule } from "./table.ts";

/** A preset's options; sizes of its scales are longest sides, the aspect ratio is the content picture's. */
export interface Preset extends Omit<Settings, DrawnName> {
  /** What it is for, in a sentence. */
  readonly description: string;
  readonly scales: Schedule;
}

/** A preset as it is written: what it leaves out is the option's default. */
type Recipe = Omit<Preset, DefaultedName> & Partial<Pick<Preset, DefaultedName>>;

const ADAM = { kind: "ADAM", learningRate: 10, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, history: 10 } as const;
const LBFGS = { ...ADAM, kind: "LBFGS", learningRate: 1 } as const;
/** What the presets have in common that no paper names: docs/presets.md says why. */
const COARSE_TO_FINE = {
  normalizeLosses: true,
  styleWeight: 1,
  contentWeight: 0.21,
  /** Edges, forms, and above all what is where. */
  contentLayers: [
    { layer: "conv1_2", weight: 0.25 },
    { layer: "conv3_2", weight: 0.75 },
    { layer: "conv4_2", weight: 3.5 },
  ],
  /** Colours and strokes up to conv3_3; the painter's forms, eyes, facets, suns, from conv4_1 on. */
  styleLayers: equal("conv1_1", "conv2_1", "conv3_1", "conv3_3", "conv4_1", "conv4_3", "conv5_1"),
  optimizer: LBFGS,
  init: { kind: "CONTENT", noise: 0 },
} as const;

/**
 * Large forms are found here, where a step costs little. From a smaller size on, conv5_1 sees a picture of two by two: its
 * Gram matrix then says where the style has what, and the content's arrangement gives way to the style's.
 */
const COARSE = [{ size: 64, steps: 24 }, { size: 128, steps: 14 }] as const;

/**
 * `temporalWeight` of those whose losses are not normalised makes it as large a part of the total as the default is of
 * FAST's, after 80 steps at 96 px.
 */
const RECIPES: Readonly<Record<PresetName, Recipe>> = {
  CLASSIC: {
    description: "The published article: truncated noise, 100 rounds of Adam with learning rate 10 at 668 px.",
    scales: [{ size: 668, steps: 100 }],
    contentWeight: 0.1,
    styleWeight: 500,
    temporalWeight: 5,
    contentLayers: [{ layer: "conv1_1", weight: 1 }, { layer: "conv2_1", weight: 1 }],
    styleLayers: [{ layer: "conv4_3", weight: 1 }],
    optimizer: ADAM,
    init: { kind: "NOISE", noise: 1 },
    frameEvery: 1,
  },
  FAST: {
    ...COARSE_TO_FINE,
    description: "Something beautiful at 256 px within seconds, from coarse to fine.",
    scales: [...COARSE, { size: 256, steps: 21 }],
    frameEvery: 2,
  },
  BALANCED: {
    ...COARSE_TO_FINE,
    description: "The default: 512 px, from coarse to fine.",
    scales: [...COARSE, { size: 256, steps: 40 }, { size: 512, steps: 35 }],
    frameEvery: 2,
  },
  QUALITY: {
    ...COARSE_TO_FINE,
    description: "1024 px, from coarse to fine, with more steps.",
    scales: [...COARSE, { size: 256, steps: 60 }, { size: 512, steps: 50 }, { size: 1024, steps: 40 }],
    frameEvery: 5,
  },
  PAINTERLY: {
    ...COARSE_TO_FINE,
    description: "512 px, each place as the style's place that is most like it: outlines, flat colours and strokes.",
    styleMatch: "NEIGHBORS",
    paletteWeight: 1,
    scales: [...COARSE, { size: 256, steps: 40 }, { size: 512, steps: 35 }],
    frameEvery: 2,
  },
  GATYS: {
    description:
      "Gatys, Ecker and Bethge (2016): relu1_1 to relu5_1 for style, relu4_2 for content, L-BFGS from noise.",
    scales: [{ size: 512, steps: 500 }],
    contentWeight: 1,
    styleWeight: 1000,
    temporalWeight: 2000,
    contentLayers: [{ layer: "conv4_2", weight: 1 }],
    styleLayers: equal("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"),
    optimizer: LBFGS,
    init: { kind: "NOISE", noise: 1 },
    frameEvery: 5,
  },
  JOHNSON: {
    description:
      "Johnson, Alahi and Fei-Fei (2016): relu1_2, 2_2, 3_3, 4_3 for style, relu2_2 for content, L-BFGS from noise.",
    scales: [{ size: 256, steps: 500 }],
    contentWeight: 1,
    styleWeight: 5,
    temporalWeight: 200,
    contentLayers: [{ layer: "conv2_2", weight: 1 }],
    styleLayers: equal("conv1_2", "conv2_2", "conv3_3", "conv4_3"),
    optimizer: LBFGS,
    init: { kind: "NOISE", noise: 1 },
    frameEvery: 5,
  },
};

const DEFAULTS = Object.fromEntries(
  OPTION_NAMES.flatMap((name) => "default" in entryOf(name) ? [[name, entryOf(name).default]] : []),
) as Pick<Preset, DefaultedName>;

export const PRESETS = Object.fromEntries(
  Object.entries(RECIPES).map(([name, recipe]) => [name, { ...DEFAULTS, ...recipe }]),
) as Readonly<Record<PresetName, Preset>>;

/** Layers that count the same. */
function equal(...layers: string[]): LayerWeight[] {
  return layers.map((layer) => ({ layer, weight: 1 }));
}
