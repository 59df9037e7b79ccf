import type { LayerShapes } from "../weights/assemble.ts";
import type { WeightsDescription } from "../weights/loaded_weights.ts";
import { builder } from "./builder.ts";

const WeightsOrigin = builder.enumType("WeightsOrigin", {
  description: "Where VGG16's parameters come from.",
  values: {
    SHIPPED: { description: "The file that ships with Gramcast." },
    FILE: { description: "A file that the operator chose." },
  },
});

const WeightLayer = builder.objectRef<LayerShapes>("WeightLayer").implement({
  description: "One layer of VGG16.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "Name of the layer, conv1_1 to fc8." }),
    weightShape: t.intList({
      complexity: 1,
      description: "Height, width, input channels, output channels; for a fully connected layer, inputs and outputs.",
      resolve: ({ weightShape }) => weightShape,
    }),
    biasShape: t.intList({
      complexity: 1,
      description: "Number of biases, one per output channel.",
      resolve: ({ biasShape }) => biasShape,
    }),
  }),
});

/** VGG16's parameters. */
export const Weights = builder.objectRef<WeightsDescription>("Weights").implement({
  description: "VGG16's parameters.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "Name of the file." }),
    origin: t.field({ type: WeightsOrigin, description: "Where they come from.", resolve: ({ origin }) => origin }),
    sha256: t.exposeString("sha256", { description: "Their SHA-256 in hexadecimal." }),
    layers: t.field({
      type: [WeightLayer],
      complexity: { field: 1, multiplier: 16 },
      description: "Every layer with its shapes, in the network's order.",
      resolve: ({ layers }) => layers,
    }),
    note: t.exposeString("note", {
      nullable: true,
      description: "What a user should know about them; null when there is nothing.",
    }),
  }),
});

builder.queryField("weights", (t) =>
  t.field({
    type: Weights,
    description: "VGG16's parameters in use.",
    resolve: (_root, _args, { weights }) => weights(),
  }));
