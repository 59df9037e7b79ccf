import { LEAST_LENGTH } from "../../../objective/neighbors.ts";
import { type FeatureMap, quadCount, quadsOf } from "../feature_map.ts";
import { type Dispatch, type PlannedBuffer, rowsOfGroups } from "../plan.ts";
import source from "./cosines.wgsl" with { type: "text" };
import sumSource from "./sum.wgsl" with { type: "text" };

/** Places of a workgroup, and invocations that share one. */
const PIXELS = 16;
const SLICES = 8;

/** What a term of neighbours compares. */
export interface Compared {
  /** A value for each place, or for several where the layer is coarser. */
  readonly places: FeatureMap;
  /** Of length 1, as large. */
  readonly wanted: PlannedBuffer;
  /** A factor per place. */
  readonly mask: PlannedBuffer | undefined;
}

/**
 * A term of neighbours: parts of its sum, and what `neighborGradient()` takes.
 *
 * @param pulls Two values a place.
 * @param parts `cosineParts()` of them.
 */
export function cosines({ places, wanted, mask }: Compared, pulls: PlannedBuffer, parts: PlannedBuffer): Dispatch {
  const area = places.width * places.height;
  const count = quadCount(places);
  return {
    kernel: "cosines",
    source: sumSource + source,
    variant: { constants: { PIXELS, SLICES, THREADS: PIXELS * SLICES }, flags: [] },
    numbers: [area, quadsOf(places.channels), Number(mask !== undefined), { float: LEAST_LENGTH }],
    // What is not used has to be something.
    buffers: { places: places.buffer, wanted, mask: mask ?? wanted, pulls, parts },
    workgroups: rowsOfGroups(cosineParts(area)),
    work: { flops: 16 * count, bytes: 32 * count },
  };
}

/** Parts of the sum over so many places. */
export function cosineParts(area: number): number {
  return Math.ceil(area / PIXELS);
}
