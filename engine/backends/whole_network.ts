import { GramcastError } from "../../errors.ts";
import { CONV_LAYERS, DENSE_LAYERS } from "../vgg16.ts";

/** Side of the picture that VGG16 was trained on. */
export const CLASSIFIER_SIDE = 224;

/**
 * Checks that weights have every layer, as a classification needs.
 *
 * @param layers Names of those that there are.
 * @throws {GramcastError} WEIGHTS_INCOMPLETE naming what is missing.
 */
export function requireWholeNetwork(layers: ReadonlySet<string>): void {
  const missing = [...CONV_LAYERS, ...DENSE_LAYERS].filter(({ name }) => !layers.has(name));
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(", ");
  throw new GramcastError(
    "WEIGHTS_INCOMPLETE",
    `Cannot classify: the weights have no ${names}, wanted the whole VGG16 with fc6 to fc8`,
  );
}
