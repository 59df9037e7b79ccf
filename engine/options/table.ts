/**
 * The options of a transfer, each in one entry. Types, presets, resolution and its errors, retuning, the API's inputs and
 * outputs, `Query.options`, the terminal's flags, the studio's form and `docs/options.md` are made from this table.
 *
 * A new option is an entry here, and its effect where it belongs. Its `default` is how transfers were before there was it:
 * records of those transfers lack it.
 *
 * @module
 */
import { real, whole } from "../../values.ts";
import { CONV_NAMES } from "../vgg16.ts";
import {
  choice,
  flag,
  group,
  list,
  type Meaning,
  nameOf,
  oneOf,
  type OptionKind,
  type Shape,
  type Value,
} from "./shapes.ts";

/** A schedule as it is asked for: longest sides in pixels, and the steps at each. */
export type Schedule = readonly { readonly size: number; readonly steps: number }[];

/** An option's properties beside the shape of its value. */
interface Facts<S extends Shape> extends Meaning {
  readonly unit?: string;
  /** For presets that say nothing, and transfers from before there was the option; without one, every preset names it. */
  readonly default?: Value<S>;
  /** For options that say a schedule together: what this one is for a preset's. They resolve to `scales` and `steps`. */
  readonly schedule?: (scales: Schedule) => unknown;
  /** Drawn anew for each transfer where it is left out. */
  readonly drawn?: true;
  /** Whether it may change while a transfer runs. */
  readonly retunable?: true;
}

/** One option of a transfer. */
interface OptionEntry<S extends Shape = Shape> extends Facts<S> {
  readonly kind: OptionKind;
  readonly value: S;
}

function option<S extends Shape, const F extends Facts<S>>(kind: OptionKind, value: S, facts: F) {
  return { kind, value, ...facts };
}

const SIZE = whole(32, 4096);
/** In all, over the scales. */
const STEPS = whole(1, 10_000);
/** Far more than any use needs, far less than float32 can hold. */
const WEIGHT = real(0, 1e12);
/** At a share of 1 a direction that the style lacks altogether could not be told from another. */
const WHITENING = real(0, 0.99);

const LAYER = group({ input: "LayerInput", output: "LayerWeight", help: "A convolution that takes part in a loss." }, {
  layer: {
    value: nameOf(CONV_NAMES, (name) => name.replace("conv", "")),
    required: true,
    label: "Layer",
    help: "Name of the convolution.",
  },
  weight: { value: WEIGHT, default: 1, label: "Weight", help: "Factor on its part of the loss." },
});

const SCALE = group({ input: "ScaleInput", help: "Part of a schedule from coarse to fine." }, {
  size: { value: SIZE, required: true, unit: "pixels", label: "Size", help: "Longest side of the picture." },
  steps: { value: STEPS, required: true, unit: "steps", label: "Steps", help: "Steps at this size." },
});

const OPTIMIZER = group(
  { input: "OptimizerInput", output: "OptimizerOptions", help: "The optimiser and its settings." },
  {
    kind: {
      value: choice("OptimizerKind", "How the pixels are moved.", {
        ADAM: { label: "Adam", help: "Adam: a step of about the learning rate in every pixel." },
        LBFGS: { label: "L-BFGS", help: "Limited-memory BFGS: fewer steps, each of about the same cost." },
      }),
      required: true,
      label: "Kind",
      help: "Which optimiser.",
    },
    learningRate: {
      value: real(1e-6, 1e3),
      // Another kind than the preset's has its own natural rate.
      otherwise: (given: { kind: string }, preset: { kind: string; learningRate: number }) =>
        given.kind === preset.kind ? preset.learningRate : given.kind === "ADAM" ? 10 : 1,
      retunable: true,
      label: "Learning rate",
      help: "How far a step goes. ADAM: in pixel values (0-255); LBFGS: a factor on the quasi-Newton step.",
    },
    beta1: { value: real(0, 0.99999), onlyWith: "ADAM", label: "Beta 1", help: "Decay of the gradient's mean." },
    beta2: {
      value: real(0, 0.9999999),
      onlyWith: "ADAM",
      label: "Beta 2",
      help: "Decay of the squared gradient's mean.",
    },
    epsilon: { value: real(1e-30, 1), onlyWith: "ADAM", label: "Epsilon", help: "Keeps the division finite." },
    history: { value: whole(1, 100), onlyWith: "LBFGS", label: "History", help: "How many past steps it remembers." },
  },
);

const INIT = group({ input: "InitInput", output: "InitOptions", help: "What the optimisation starts from." }, {
  kind: {
    value: choice("InitKind", "What the optimisation starts from.", {
      NOISE: { label: "Noise", help: "Truncated normal noise, mean 127.5, deviation 20." },
      CONTENT: { label: "The picture", help: "The content picture." },
      STYLE: { label: "The style", help: "The first style picture." },
      IMAGE: { label: "Another picture", help: "A picture of your own." },
    }),
    required: true,
    label: "Kind",
    help: "Which picture.",
  },
  noise: {
    value: real(0, 1),
    otherwise: ({ kind }: { kind: string }) => kind === "NOISE" ? 1 : 0,
    flag: "init-noise",
    label: "Noise",
    help: "Share of noise mixed in.",
  },
});

const POOLING = choice("Pooling", "How VGG16's pools bring 2x2 values down to one.", {
  MAX: { label: "Maximum", help: "The largest, as the network was trained." },
  AVERAGE: { label: "Average", help: "Their mean: a smoother gradient." },
});

const COLOR = choice("ColorMode", "Which colours the result has.", {
  STYLE: { label: "The style's", help: "Whatever the optimisation arrives at, mostly the style's." },
  LUMINANCE: { label: "The picture's", help: "The content picture's; only brightness is repainted." },
  MATCH: { label: "Matched", help: "The style's colours are first matched to the content picture's." },
});

const STYLE_MATCH = choice("StyleMatch", "What the result has in common with the style at the layers that carry it.", {
  GRAM: { label: "Gram matrices", help: "Gram matrices: which features occur together (Gatys et al. 2016)." },
  GRAM_AND_MOMENTS: {
    label: "Gram matrices and moments",
    help: "Gram matrices, and beside them mean and deviation of each channel (Galerne et al. 2024).",
  },
  NEIGHBORS: {
    label: "Nearest neighbours",
    help:
      "Each place is painted as the place of the style that is most like it (Kolkin et al. 2022), beside Gram matrices and moments. Only with normalizeLosses.",
  },
});

const FIT = oneOf({ input: "SizeInput", help: "The size of the result, given in exactly one way." }, {
  longest: { value: SIZE, unit: "pixels", label: "Longest side", help: "Its longer side." },
  shortest: { value: whole(1, SIZE.maximum), unit: "pixels", label: "Shortest side", help: "Its shorter side." },
  megapixels: { value: real(0.001, 16), unit: "megapixels", label: "Megapixels", help: "Its pixels in millions." },
  scale: { value: real(0.01, 100), label: "Scale", help: "Its sides relative to the content picture's." },
  original: { value: flag, label: "Original", help: "True: the size of the content picture." },
});

export const OPTIONS = {
  size: option("INTEGER", SIZE, {
    unit: "pixels",
    schedule: (scales) => scales.at(-1)!.size,
    label: "Size",
    help: "Longest side of the result: twice the size takes four times as long.",
  }),
  steps: option("INTEGER", STEPS, {
    unit: "steps",
    schedule: (scales) => scales.reduce((sum, { steps }) => sum + steps, 0),
    label: "Steps",
    help: "Steps in all, not together with scales: more come closer to the style.",
  }),
  scales: option("SCALES", list(SCALE, 1, 12, { rising: "size" }), {
    schedule: (scales) => scales,
    label: "Schedule",
    help: "Sizes and steps from coarse to fine, instead of size and steps.",
  }),
  color: option("CHOICE", COLOR, { default: "STYLE", label: "Colours", help: "Which colours the result has." }),
  styleMatch: option("CHOICE", STYLE_MATCH, {
    default: "GRAM",
    label: "Style matched by",
    help:
      "What the result has in common with the style: with moments its contrasts and grain are nearer to the style's.",
  }),
  styleTurns: option("FLAG", flag, {
    default: false,
    label: "Turned style",
    help:
      "Nearest neighbours may be places of the style turned by 90, 180 and 270 degrees, too: for styles that have no up and down. Only with styleMatch NEIGHBORS.",
  }),
  styleScale: option("NUMBER", real(0.1, 4), {
    default: 1,
    label: "Brush size",
    help: "Longest side of the style pictures relative to the result's: 2 makes the strokes twice as broad.",
  }),
  contentWeight: option("NUMBER", WEIGHT, {
    retunable: true,
    label: "Weight of the picture",
    help: "Factor on the content loss: higher keeps more of the picture.",
  }),
  styleWeight: option("NUMBER", WEIGHT, {
    retunable: true,
    label: "Weight of the style",
    help: "Factor on the style loss: higher takes on more of the style.",
  }),
  paletteWeight: option("NUMBER", WEIGHT, {
    default: 0,
    label: "Palette",
    help:
      "Factor on the palette's part of the style loss: how far mean and spread of the colours are from the style's. 1 counts as a layer does with normalizeLosses.",
  }),
  tvWeight: option("NUMBER", WEIGHT, {
    default: 0,
    retunable: true,
    label: "Smoothing",
    help: "Factor on the total variation: higher removes grain, and in the end detail.",
  }),
  moving: option("FLAG", flag, {
    default: false,
    label: "Paint every frame",
    help:
      "Of an animated GIF, WebP or PNG paint every frame, each beginning with the one before it, not the first alone: the result is an animated WebP.",
  }),
  temporalWeight: option("NUMBER", WEIGHT, {
    default: 0.001,
    label: "Steadiness",
    help:
      "In a moving picture, factor on the mean squared change of what was painted in the frame before, wherever that can still be seen: higher flickers less, but each frame comes less close to the style.",
  }),
  pooling: option("CHOICE", POOLING, {
    default: "MAX",
    label: "Pooling",
    help: "How VGG16's pools bring 2x2 values down to one: the average gives a smoother result.",
  }),
  whitening: option("NUMBER", WHITENING, {
    default: 0,
    label: "Rare traits",
    help:
      "How far Gram matrices are whitened by the style's: higher also takes on what is rare in the style, and keeps less of the picture.",
  }),
  averaging: option("NUMBER", real(0, 0.9999), {
    default: 0,
    label: "Averaging",
    help: "Show a moving average of the steps, with this decay: 0.9 calms noise, 0 is off.",
  }),
  frameEvery: option("INTEGER", whole(1, STEPS.maximum), {
    unit: "steps",
    label: "A frame every",
    help: "Steps from one frame to the next; the last step always has one.",
  }),
  seed: option("INTEGER", whole(-(2 ** 31), 2 ** 31 - 1), {
    drawn: true,
    label: "Seed",
    help: "Seed of the random numbers: the same seed gives the same picture again.",
  }),
  normalizeGradients: option("FLAG", flag, {
    default: false,
    label: "Even gradients",
    help: "Scale each layer's gradient to the same size, so that no layer outweighs the others.",
  }),
  normalizeLosses: option("FLAG", flag, {
    default: false,
    label: "Even losses",
    help:
      "Scale each layer's loss to the pictures, content by its energy and style by its distance from the content, so that a weight means the same at every layer and for every pair.",
  }),
  keepFrames: option("FLAG", flag, {
    default: false,
    label: "Keep every frame",
    help: "Keep every frame, not only the newest and the result: needed for films and for looking back.",
  }),
  fit: option("SIZE", FIT, {
    schedule: () => null,
    label: "Another way to say the size",
    help: "Instead of size: by the shorter side, in megapixels, or relative to the content picture.",
  }),
  init: option("INIT", INIT, {
    label: "Begin with",
    help: "What the optimisation starts from: a picture keeps its shapes, noise is free of them and needs more steps.",
  }),
  optimizer: option("OPTIMIZER", OPTIMIZER, {
    label: "Optimiser",
    help: "What moves the pixels: L-BFGS needs fewer steps, Adam is what the published article uses.",
  }),
  styleLayers: option("LAYERS", list(LAYER, 0, CONV_NAMES.length, { distinct: "layer" }), {
    label: "Layers that carry the style",
    help:
      "Convolutions whose Gram matrices stay near the style pictures': early ones carry colour and fine grain, later ones larger strokes and shapes.",
  }),
  contentLayers: option("LAYERS", list(LAYER, 0, CONV_NAMES.length, { distinct: "layer" }), {
    label: "Layers that keep the picture",
    help:
      "Convolutions whose features stay near the content picture's: early ones keep every detail, later ones only the layout.",
  }),
} as const satisfies Readonly<Record<string, OptionEntry>>;

export type OptionName = keyof typeof OPTIONS;
export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

/** The entry of an option as one that any option might have. */
export function entryOf(name: OptionName): OptionEntry {
  return OPTIONS[name];
}

/** Longest side of a result, in pixels. */
export const MIN_SIZE = SIZE.minimum;
export const MAX_SIZE = SIZE.maximum;
/** Most steps of one transfer, over all scales. */
export const MAX_STEPS = STEPS.maximum;
export const MAX_WHITENING = WHITENING.maximum;
