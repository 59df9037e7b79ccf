import type {
  LayerLoss as LayerLossValue,
  Losses as LossValues,
  LossPoint as LossPointValue,
} from "../engine/objective/losses.ts";
import { builder } from "./builder.ts";

const LayerLoss = builder.objectRef<LayerLossValue>("LayerLoss").implement({
  description:
    "Loss of one layer or of the palette, weighted by its own weight but not by contentWeight or styleWeight.",
  fields: (t) => ({
    layer: t.exposeString("layer", { description: "Name of the convolution, such as conv4_3, or `palette`." }),
    kind: t.exposeString("kind", { description: "The loss that the layer is part of: `content` or `style`." }),
    value: t.exposeFloat("value", { description: "Mean squared difference, weighted." }),
  }),
});

/** The losses of one step. */
export const Losses = builder.objectRef<LossValues>("Losses").implement({
  description:
    "The losses of a step: total = contentWeight * content + styleWeight * style + tvWeight * tv, and in a moving picture what temporalWeight adds. With Adam, those before the step; with L-BFGS, those after it.",
  fields: (t) => ({
    total: t.exposeFloat("total", { description: "What the optimiser minimises." }),
    content: t.exposeFloat("content", { description: "Mean squared difference to the content picture's features." }),
    style: t.exposeFloat("style", {
      description:
        "Mean squared difference to the style pictures' Gram matrices, and paletteWeight times how far the colours are from theirs.",
    }),
    tv: t.exposeFloat("tv", { description: "Total variation: mean squared difference of neighbouring pixels." }),
    layers: t.field({
      type: [LayerLoss],
      complexity: { field: 1, multiplier: 5 },
      description: "Content and style losses by layer.",
      resolve: ({ layers }) => layers,
    }),
  }),
});

/** One point of a plot of the losses. */
export const LossPoint = builder.objectRef<LossPointValue>("LossPoint").implement({
  description: "One point of a plot of the losses.",
  fields: (t) => ({
    step: t.exposeInt("step", { description: "The step, counted from 1 over all scales." }),
    total: t.exposeFloat("total", { description: "Weighted sum of the others." }),
    content: t.exposeFloat("content", { description: "Content loss." }),
    style: t.exposeFloat("style", { description: "Style loss." }),
    tv: t.exposeFloat("tv", { description: "Total variation." }),
  }),
});
