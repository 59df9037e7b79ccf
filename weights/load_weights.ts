import { resolve } from "node:path";
import { BUILTIN_NAME, loadBuiltinWeights } from "./builtin.ts";
import { FileSource } from "./formats/byte_source.ts";
import type { LoadedWeights } from "./loaded_weights.ts";
import { hashSource, type LoadOptions, readParameters } from "./read_parameters.ts";

/**
 * Loads parameters.
 *
 * @param reference Path of a .npy, .npz, .h5 or .safetensors file, or `builtin`: what `LoadedWeights.reference` holds.
 * @throws {GramcastError} WEIGHTS_UNREADABLE naming file, layer, what was found and what was wanted.
 */
export async function loadWeights(reference: string, options: LoadOptions = {}): Promise<LoadedWeights> {
  if (reference === BUILTIN_NAME) return await loadBuiltinWeights();
  using source = new FileSource(reference);
  const { layers, parameters } = await readParameters(source, options);
  const sha256 = await hashSource(source, "sha256");
  return {
    name: source.name,
    origin: "PRETRAINED",
    sha256,
    layers,
    note: null,
    reference: resolve(reference),
    parameters,
  };
}
