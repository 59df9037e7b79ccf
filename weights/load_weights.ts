import { resolve } from "node:path";
import { FileSource } from "./formats/byte_source.ts";
import type { LoadedWeights } from "./loaded_weights.ts";
import { hashSource, type LoadOptions, readParameters } from "./read_parameters.ts";
import { SHIPPED_NOTE, SHIPPED_WEIGHTS } from "./shipped.ts";

/**
 * Loads parameters.
 *
 * @param path Of a .npy, .npz, .h5 or .safetensors file.
 * @throws {GramcastError} WEIGHTS_UNREADABLE naming file, layer, what was found and what was wanted.
 */
export async function loadWeights(path: string, options: LoadOptions = {}): Promise<LoadedWeights> {
  using source = new FileSource(path);
  const { layers, parameters } = await readParameters(source, options);
  const isShipped = resolve(path) === SHIPPED_WEIGHTS;
  return {
    name: source.name,
    origin: isShipped ? "SHIPPED" : "FILE",
    sha256: await hashSource(source),
    layers,
    note: isShipped ? SHIPPED_NOTE : null,
    path: resolve(path),
    parameters,
  };
}
