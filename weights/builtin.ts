/**
 * The filters that come with the program, for those who have no pre-trained VGG16.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { BGR_MEAN, CONV_LAYERS, type ConvParameters } from "../engine/vgg16.ts";
import { generateConvolution } from "./generated_filters.ts";
import type { LoadedWeights } from "./loaded_weights.ts";

export const BUILTIN_NAME = "builtin";

const NOTE = "Built-in filters: pictures come out less faithful to their style than with the pre-trained VGG16";
const SEED = 1;

/** Loads the built-in filters: all 13 convolutions, no fc6–fc8. */
export function loadBuiltinWeights(): Promise<LoadedWeights> {
  const convs = new Map<string, ConvParameters>();
  const hash = createHash("sha256");
  for (const layer of CONV_LAYERS) {
    const conv = generateConvolution(layer, SEED);
    convs.set(layer.name, conv);
    hash.update(new Uint8Array(conv.kernel.buffer));
  }
  return Promise.resolve({
    name: BUILTIN_NAME,
    origin: "BUILTIN",
    sha256: hash.digest("hex"),
    layers: CONV_LAYERS.map(({ name, inChannels, outChannels }) => ({
      name,
      weightShape: [3, 3, inChannels, outChannels],
      biasShape: [outChannels],
    })),
    note: NOTE,
    reference: BUILTIN_NAME,
    parameters: { convs, denses: new Map(), inputMean: BGR_MEAN },
  });
}
