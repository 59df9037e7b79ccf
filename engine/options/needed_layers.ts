import { CONV_NAMES, convIndex } from "../vgg16.ts";
import type { TransferOptions } from "./options.ts";

/** Names of the layers that a transfer is computed through: up to the deepest that it compares. */
export function neededLayers({ contentLayers, styleLayers }: TransferOptions): readonly string[] {
  const deepest = Math.max(-1, ...[...contentLayers, ...styleLayers].map(({ layer }) => convIndex(layer)));
  return CONV_NAMES.slice(0, deepest + 1);
}
