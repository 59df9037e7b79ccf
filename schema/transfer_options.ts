import type {
  InitOptions as InitOptionValues,
  LayerWeight as LayerWeightValue,
  OptimizerOptions as OptimizerOptionValues,
  Scale as ScaleValue,
  TransferOptions as TransferOptionValues,
} from "../engine/options/options.ts";
import { builder } from "./builder.ts";

export const PresetName = builder.enumType("PresetName", {
  description: "A complete set of options, from which a caller may deviate in any point; see Query.presets.",
  values: {
    CLASSIC: { description: "The published article: noise, 100 rounds of Adam at 668 px." },
    FAST: { description: "Within seconds, at 256 px." },
    BALANCED: { description: "The default: 512 px, from coarse to fine." },
    QUALITY: { description: "1024 px, with more steps and deeper layers." },
    GATYS: { description: "Gatys, Ecker and Bethge (2016)." },
    JOHNSON: { description: "Johnson, Alahi and Fei-Fei (2016)." },
  },
});

export const OptimizerKind = builder.enumType("OptimizerKind", {
  description: "How the pixels are moved.",
  values: {
    ADAM: { description: "Adam: a step of about the learning rate in every pixel." },
    LBFGS: { description: "Limited-memory BFGS: fewer steps, each of about the same cost." },
  },
});

export const Pooling = builder.enumType("Pooling", {
  description: "How VGG16's pools bring 2x2 values down to one.",
  values: {
    MAX: { description: "The largest, as the network was trained." },
    AVERAGE: { description: "Their mean: a smoother gradient." },
  },
});

export const ColorMode = builder.enumType("ColorMode", {
  description: "Which colours the result has.",
  values: {
    STYLE: { description: "Those that come out, mostly the style's." },
    LUMINANCE: { description: "The content picture's; only brightness is repainted." },
    MATCH: { description: "The style's colours are first matched to the content picture's." },
  },
});

export const InitKind = builder.enumType("InitKind", {
  description: "What the optimisation starts from.",
  values: {
    NOISE: { description: "Truncated normal noise, mean 127.5, deviation 20." },
    CONTENT: { description: "The content picture." },
    STYLE: { description: "The first style picture." },
    IMAGE: { description: "A picture of the caller's." },
  },
});

const LayerWeight = builder.objectRef<LayerWeightValue>("LayerWeight").implement({
  description: "A convolution that takes part in a loss.",
  fields: (t) => ({
    layer: t.exposeString("layer", { description: "Name of the convolution, conv1_1 to conv5_3." }),
    weight: t.exposeFloat("weight", { description: "Factor on its part of the loss; without unit." }),
  }),
});

const OptimizerOptions = builder.objectRef<OptimizerOptionValues>("OptimizerOptions").implement({
  description: "The optimiser and its settings.",
  fields: (t) => ({
    kind: t.field({ type: OptimizerKind, description: "Which optimiser.", resolve: ({ kind }) => kind }),
    learningRate: t.exposeFloat("learningRate", {
      description: "ADAM: step in pixel values (0-255). LBFGS: factor on the quasi-Newton step.",
    }),
    beta1: t.exposeFloat("beta1", { description: "ADAM: decay of the gradient's mean, 0 to 1." }),
    beta2: t.exposeFloat("beta2", { description: "ADAM: decay of the squared gradient's mean, 0 to 1." }),
    epsilon: t.exposeFloat("epsilon", { description: "ADAM: keeps the division finite; without unit." }),
    history: t.exposeInt("history", { description: "LBFGS: number of pairs that it remembers." }),
  }),
});

const InitOptions = builder.objectRef<InitOptionValues>("InitOptions").implement({
  description: "What the optimisation starts from.",
  fields: (t) => ({
    kind: t.field({ type: InitKind, description: "Which picture.", resolve: ({ kind }) => kind }),
    noise: t.exposeFloat("noise", { description: "Share of noise mixed in, 0 to 1." }),
  }),
});

const Scale = builder.objectRef<ScaleValue>("Scale").implement({
  description: "One stage of a coarse-to-fine schedule.",
  fields: (t) => ({
    size: t.exposeInt("size", { description: "Longest side in pixels." }),
    width: t.exposeInt("width", { description: "Width in pixels." }),
    height: t.exposeInt("height", { description: "Height in pixels." }),
    steps: t.exposeInt("steps", { description: "Steps spent at this size." }),
  }),
});

/** What a transfer is asked to do, with every option. */
export const TransferOptions = builder.objectRef<TransferOptionValues>("TransferOptions").implement({
  description: "What a transfer is asked to do: what the caller gave, completed from the preset.",
  fields: (t) => ({
    preset: t.field({ type: PresetName, description: "Where the rest came from.", resolve: ({ preset }) => preset }),
    width: t.exposeInt("width", { description: "Width of the result in pixels." }),
    height: t.exposeInt("height", { description: "Height of the result in pixels." }),
    steps: t.exposeInt("steps", { description: "Steps over all scales." }),
    scales: t.field({
      type: [Scale],
      complexity: { field: 1, multiplier: 4 },
      description: "The schedule from coarse to fine, at least one.",
      resolve: ({ scales }) => scales,
    }),
    contentWeight: t.exposeFloat("contentWeight", { description: "Factor on the content loss; without unit." }),
    styleWeight: t.exposeFloat("styleWeight", { description: "Factor on the style loss; without unit." }),
    tvWeight: t.exposeFloat("tvWeight", { description: "Factor on the total variation; without unit." }),
    contentLayers: t.field({
      type: [LayerWeight],
      complexity: { field: 1, multiplier: 4 },
      description: "Convolutions whose features are kept near the content picture's.",
      resolve: ({ contentLayers }) => contentLayers,
    }),
    styleLayers: t.field({
      type: [LayerWeight],
      complexity: { field: 1, multiplier: 4 },
      description: "Convolutions whose Gram matrices are kept near the style pictures'.",
      resolve: ({ styleLayers }) => styleLayers,
    }),
    optimizer: t.field({
      type: OptimizerOptions,
      description: "The optimiser and its settings.",
      resolve: ({ optimizer }) => optimizer,
    }),
    init: t.field({ type: InitOptions, description: "What it starts from.", resolve: ({ init }) => init }),
    pooling: t.field({ type: Pooling, description: "How VGG16's pools work.", resolve: ({ pooling }) => pooling }),
    color: t.field({ type: ColorMode, description: "Which colours the result has.", resolve: ({ color }) => color }),
    styleScale: t.exposeFloat("styleScale", {
      description: "Longest side of the style pictures relative to the result's.",
    }),
    normalizeGradients: t.exposeBoolean("normalizeGradients", {
      description: "Whether each layer's gradient is scaled to the same size.",
    }),
    whitening: t.float({
      description: "How far Gram matrices are compared on the style's own scales, 0 for not at all.",
      // Transfers that were started before there was this option have none.
      resolve: ({ whitening = 0 }) => whitening,
    }),
    averaging: t.exposeFloat("averaging", {
      description: "Decay of the exponential moving average of the iterates, 0 for none, below 1.",
    }),
    seed: t.exposeInt("seed", { description: "Of the random numbers: the same seed gives the same picture." }),
    frameEvery: t.exposeInt("frameEvery", { description: "Steps between two frames." }),
    keepFrames: t.exposeBoolean("keepFrames", {
      description: "Whether every frame is kept, not only the latest and the result.",
    }),
  }),
});
