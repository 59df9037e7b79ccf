import type { FeatureMap } from "../feature_map.ts";
import type { Dispatch, PlannedBuffer } from "../plan.ts";
import { convBlocks } from "./conv_blocks.ts";
import type { TileCosts } from "./conv_tile.ts";
import type { ConvOutput } from "./conv_output.ts";
import { convTiles } from "./conv_tiles.ts";

/** Pixels of the largest map whose tiles would be too few to keep a GPU busy. */
const SMALL_MAP = 256;

/**
 * A 3×3 SAME convolution, in as many calls as it has to be submitted in.
 *
 * @param weights As `packKernel()` has them.
 * @param costs What was measured of the device; it decides about time alone, and not about a single byte.
 */
export function conv(
  from: FeatureMap,
  weights: PlannedBuffer,
  to: FeatureMap,
  output: ConvOutput = {},
  costs: TileCosts = new Map(),
): Dispatch[] {
  return to.width * to.height <= SMALL_MAP
    ? [convBlocks(from, weights, to, output)]
    : convTiles(from, weights, to, output, { costs });
}
