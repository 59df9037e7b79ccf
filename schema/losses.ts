import type {
  LayerLoss as LayerLossValue,
  Losses as LossValues,
  LossPoint as LossPointValue,
} from "../engine/objective/losses.ts";
import { builder } from "./builder.ts";

const LayerLoss = builder.objectRef<LayerLossValue>("LayerLoss").implement({
  description: "Loss of one layer, weighted by its layer weight but not by contentWeight or styleWeight.",
  fields: (t) => ({
    layer: t.exposeString("layer", { description: "Name of the convolution, as conv4_3." }),
    kind: t.exposeString("kind", { description: "What the layer is compared for: `content` or `style`." }),
    value: t.exposeFloat("value", { description: "Mean squared difference, weighted; without unit." }),
  }),
});

/** The losses of one step. */
export const Losses = builder.objectRef<LossValues>("Losses").implement({
  description:
    "The losses of a step: total = contentWeight * content + styleWeight * style + tvWeight * tv; without unit. Adam's are those before the step, L-BFGS' those after it.",
  fields: (t) => ({
    total: t.exposeFloat("total", { description: "What the optimiser makes small." }),
    content: t.exposeFloat("content", { description: "Mean squared difference to the content picture's features." }),
    style: t.exposeFloat("style", { description: "Mean squared difference to the style pictures' Gram matrices." }),
    tv: t.exposeFloat("tv", { description: "Total variation: mean squared difference of neighbouring pixels." }),
    layers: t.field({
      type: [LayerLoss],
      complexity: { field: 1, multiplier: 5 },
      description: "The parts of content and style, one for each layer that takes part.",
      resolve: ({ layers }) => layers,
    }),
  }),
});

/** One point of a plot of the losses. */
export const LossPoint = builder.objectRef<LossPointValue>("LossPoint").implement({
  description: "One point of a plot of the losses.",
  fields: (t) => ({
    step: t.exposeInt("step", { description: "The step, counted from 1 over all scales." }),
    total: t.exposeFloat("total", { description: "Weighted sum of the others; without unit." }),
    content: t.exposeFloat("content", { description: "Content loss; without unit." }),
    style: t.exposeFloat("style", { description: "Style loss; without unit." }),
    tv: t.exposeFloat("tv", { description: "Total variation; without unit." }),
  }),
});
