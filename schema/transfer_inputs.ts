import { builder } from "./builder.ts";
import { ImageInput } from "./image_input.ts";
import { ColorMode, InitKind, OptimizerKind, Pooling, PresetName } from "./transfer_options.ts";

const StyleInput = builder.inputType("StyleInput", {
  description: "A picture whose style is taken.",
  fields: (t) => ({
    image: t.field({ type: ImageInput, required: true, description: "The picture." }),
    weight: t.float({ defaultValue: 1, description: "Its share among the styles, 0 to 1000000; without unit." }),
    mask: t.field({
      type: ImageInput,
      description: "Where in the style picture its style is taken from: white counts, black does not.",
    }),
  }),
});

const LayerInput = builder.inputType("LayerInput", {
  description: "A convolution that takes part in a loss.",
  fields: (t) => ({
    layer: t.string({ required: true, description: "Name of the convolution, conv1_1 to conv5_3." }),
    weight: t.float({ defaultValue: 1, description: "Factor on its part of the loss, 0 to 1e12; without unit." }),
  }),
});

const OptimizerInput = builder.inputType("OptimizerInput", {
  description: "The optimiser; what is left out comes from the preset.",
  fields: (t) => ({
    kind: t.field({ type: OptimizerKind, required: true, description: "Which optimiser." }),
    learningRate: t.float({
      description: "ADAM: step in pixel values (0-255). LBFGS: factor on the quasi-Newton step. 1e-6 to 1000.",
    }),
    beta1: t.float({ description: "ADAM: decay of the gradient's mean, 0 to 0.99999." }),
    beta2: t.float({ description: "ADAM: decay of the squared gradient's mean, 0 to 0.9999999." }),
    epsilon: t.float({ description: "ADAM: keeps the division finite, 1e-30 to 1." }),
    history: t.int({ description: "LBFGS: number of pairs that it remembers, 1 to 100." }),
  }),
});

const InitInput = builder.inputType("InitInput", {
  description: "What the optimisation starts from.",
  fields: (t) => ({
    kind: t.field({ type: InitKind, required: true, description: "Which picture." }),
    image: t.field({ type: ImageInput, description: "The picture to start from; with kind IMAGE only." }),
    noise: t.float({ description: "Share of noise mixed in, 0 to 1." }),
  }),
});

const ScaleInput = builder.inputType("ScaleInput", {
  description: "Part of a coarse-to-fine schedule: the longest side in pixels and the steps spent there.",
  fields: (t) => ({
    size: t.int({ required: true, description: "Longest side in pixels, 32 to 4096, more than the scale before." }),
    steps: t.int({ required: true, description: "Steps at this size, 1 to 10000." }),
  }),
});

/** Everything that may be said about a new transfer. */
export const StartTransferInput = builder.inputType("StartTransferInput", {
  description: "A new transfer: its pictures, and any option that shall differ from the preset's.",
  fields: (t) => ({
    content: t.field({ type: ImageInput, required: true, description: "The picture that is repainted." }),
    styles: t.field({ type: [StyleInput], required: true, description: "Whose style it gets: 1 to 8 pictures." }),
    preset: t.field({
      type: PresetName,
      defaultValue: "BALANCED",
      description: "Where every other option comes from.",
    }),
    size: t.int({ description: "Longest side of the result, in pixels, 32 to 4096." }),
    steps: t.int({ description: "Steps in all, 1 to 10000; with `scales`, leave it out." }),
    scales: t.field({ type: [ScaleInput], description: "The schedule from coarse to fine, 1 to 12 scales." }),
    optimizer: t.field({ type: OptimizerInput, description: "The optimiser." }),
    init: t.field({ type: InitInput, description: "What the optimisation starts from." }),
    contentWeight: t.float({ description: "Factor on the content loss, 0 to 1e12; without unit." }),
    styleWeight: t.float({ description: "Factor on the style loss, 0 to 1e12; without unit." }),
    tvWeight: t.float({ description: "Factor on the total variation, 0 to 1e12; without unit." }),
    contentLayers: t.field({
      type: [LayerInput],
      description: "Convolutions whose features are kept near the content picture's.",
    }),
    styleLayers: t.field({
      type: [LayerInput],
      description: "Convolutions whose Gram matrices are kept near the style pictures'.",
    }),
    pooling: t.field({ type: Pooling, description: "How VGG16's pools work." }),
    color: t.field({ type: ColorMode, description: "Which colours the result has." }),
    styleScale: t.float({ description: "Side of the style images relative to the result, 0.1 to 4." }),
    contentMask: t.field({
      type: ImageInput,
      description: "Where the content picture is repainted: white is, black is not.",
    }),
    normalizeGradients: t.boolean({ description: "Whether each layer's gradient is scaled to the same size." }),
    whitening: t.float({
      description:
        "How far Gram matrices are compared on the style's own scales, so that what is rare in it counts as well: 0 not at all, at most 0.99.",
    }),
    averaging: t.float({ description: "Exponential moving average of the iterates, 0 for none, at most 0.9999." }),
    seed: t.int({ description: "Of the random numbers; left out, one is drawn and shown in the options." }),
    frameEvery: t.int({ description: "A frame every this many steps, and at the last; 1 to 10000." }),
    keepFrames: t.boolean({ description: "Keep every frame, not only the latest and the result." }),
    priority: t.int({
      defaultValue: 0,
      description: "Transfers of higher priority are begun first, -100 to 100; without unit.",
    }),
    idempotencyKey: t.string({
      description:
        "The same key from the same caller starts one transfer only; the second call returns the first's. 1 to 255 characters.",
    }),
  }),
});

export type StartTransferValue = typeof StartTransferInput.$inferInput;
