import type { Size } from "../../../picture.ts";
import { type FeatureMap, quadCount, quadsOf } from "../feature_map.ts";
import type { Dispatch, PlannedBuffer } from "../plan.ts";
import type { TermOptions } from "./content.ts";
import type { Compared } from "./cosines.ts";
import { groupsFor, THREADS } from "./elementwise.ts";
import source from "./neighbor_gradient.wgsl" with { type: "text" };

/**
 * The gradient of a term of neighbours.
 *
 * @param features The layer's, of which the places are means.
 * @param pulls Of `cosines()`, with the mask in them.
 */
export function neighborGradient(
  features: FeatureMap,
  { places, wanted }: Compared,
  pulls: PlannedBuffer,
  gradient: FeatureMap,
  { term, factors, sum = false, derivative = false }: TermOptions,
): Dispatch {
  const count = quadCount(features);
  return {
    kernel: "neighbor_gradient",
    source,
    variant: { constants: { THREADS }, flags: [] },
    numbers: [
      features.width,
      features.height,
      quadsOf(features.channels),
      halvings(features, places),
      term,
      Number(factors !== undefined),
      Number(sum),
      Number(derivative),
    ],
    buffers: {
      features: features.buffer,
      places: places.buffer,
      wanted,
      pulls,
      // What is not used has to be something.
      factors: factors ?? wanted,
      gradient: gradient.buffer,
    },
    workgroups: groupsFor(count),
    work: { flops: 12 * count, bytes: 16 * (count * (1 + Number(sum) + Number(derivative)) + 2 * quadCount(places)) },
  };
}

/** From the sides of a layer to those of its means. */
function halvings({ width, height }: Size, places: Size): number {
  if (width <= places.width && height <= places.height) return 0;
  return 1 + halvings({ width: Math.ceil(width / 2), height: Math.ceil(height / 2) }, places);
}
