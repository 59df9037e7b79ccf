import { GramcastError } from "../../errors.ts";
import { CONV_LAYERS, DENSE_LAYERS, type Vgg16Parameters } from "../vgg16.ts";

/** Side of the picture that VGG16 was trained on. */
export const CLASSIFIER_SIDE = 224;

/**
 * Checks that parameters have every layer, as a classification needs.
 *
 * @throws {GramcastError} WEIGHTS_INCOMPLETE naming what is missing.
 */
export function requireWholeNetwork(parameters: Vgg16Parameters): void {
  const missing = [
    ...CONV_LAYERS.filter(({ name }) => !parameters.convs.has(name)),
    ...DENSE_LAYERS.filter(({ name }) => !parameters.denses.has(name)),
  ];
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(", ");
  throw new GramcastError(
    "WEIGHTS_INCOMPLETE",
    `Cannot classify: the weights have no ${names}, wanted the whole VGG16 with fc6 to fc8`,
  );
}
