/**
 * The filters that come with the program, for those who have no pre-trained VGG16.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { BGR_MEAN, CONV_LAYERS } from "../engine/vgg16.ts";
import { FileSource } from "./formats/byte_source.ts";
import { generateConvolution } from "./generated_filters.ts";
import type { LoadedWeights } from "./loaded_weights.ts";
import { hashSource, readParameters } from "./read_parameters.ts";

export const BUILTIN_NAME = "builtin";

/** What `deno task learn-filters` writes: conv1_1 to conv4_3. */
export const BUILTIN_FILE = fileURLToPath(new URL("./builtin.safetensors", import.meta.url));

const NOTE = "Built-in filters: pictures come out less faithful to their style than with the pre-trained VGG16";
const SEED = 1;

/**
 * Loads the built-in filters: conv1_1 to conv4_3 as the project learned them, conv5_1 to conv5_3 random, no fc6–fc8. The
 * hash is that of the learned part's file.
 */
export async function loadBuiltinWeights(): Promise<LoadedWeights> {
  using source = new FileSource(BUILTIN_FILE);
  const { parameters } = await readParameters(source);
  const convs = new Map(parameters.convs);
  for (const layer of CONV_LAYERS) {
    if (!convs.has(layer.name)) convs.set(layer.name, generateConvolution(layer, SEED));
  }
  return {
    name: BUILTIN_NAME,
    origin: "BUILTIN",
    sha256: await hashSource(source, "sha256"),
    layers: CONV_LAYERS.map(({ name, inChannels, outChannels }) => ({
      name,
      weightShape: [3, 3, inChannels, outChannels],
      biasShape: [outChannels],
    })),
    note: NOTE,
    reference: BUILTIN_NAME,
    parameters: { convs, denses: new Map(), inputMean: BGR_MEAN },
  };
}
