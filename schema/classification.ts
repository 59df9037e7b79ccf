import { LIMITS } from "../limits.ts";
import { checkNumber } from "../values.ts";
import { builder } from "./builder.ts";
import { CLASSIFY_COST } from "./costs.ts";
import { costOfImage, ImageInput, resolveImage } from "./image_input.ts";

const DEFAULT_TOP = 5;

interface ClassificationValue {
  readonly index: number;
  readonly label: string;
  readonly probability: number;
}

const Classification = builder.objectRef<ClassificationValue>("Classification").implement({
  description: "An ImageNet class and how probable it is.",
  fields: (t) => ({
    index: t.exposeInt("index", { description: "The class's number, 0 to 999." }),
    label: t.exposeString("label", { description: "Name of the class in English." }),
    probability: t.exposeFloat("probability", { description: "0 to 1; all classes add up to 1." }),
  }),
});

builder.queryField("classify", (t) =>
  t.field({
    type: [Classification],
    complexity: ({ image, top }) => ({
      field: CLASSIFY_COST + costOfImage(image),
      multiplier: Math.min(Math.max(top ?? DEFAULT_TOP, 1), LIMITS.top.maximum),
    }),
    description:
      "ImageNet classes by the whole VGG16 (convolutions, fc6 to fc8, softmax), the most probable first. Fails with code WEIGHTS_INCOMPLETE if the weights have no fc layers.",
    args: {
      image: t.arg({ type: ImageInput, required: true, description: "The picture; it is scaled to 224 px." }),
      top: t.arg.int({
        defaultValue: DEFAULT_TOP,
        description: `How many classes, ${LIMITS.top.minimum} to ${LIMITS.top.maximum}.`,
      }),
    },
    resolve: async (_root, { image, top }, context) => {
      const wanted = checkNumber("top", LIMITS.top, top ?? DEFAULT_TOP);
      await using intake = context.transfers.images.intake();
      const { id } = await resolveImage(context, intake, image, "image");
      const probabilities = await context.transfers.classify(id);
      const labels = await context.classLabels();
      return [...probabilities]
        .map((probability, index) => ({ index, label: labels[index] ?? `class ${index}`, probability }))
        .sort((a, b) => b.probability - a.probability || a.index - b.index)
        .slice(0, wanted);
    },
  }));
