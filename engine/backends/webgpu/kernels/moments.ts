import { type FeatureMap, mapBytes, quadCount, quadsOf } from "../feature_map.ts";
import type { Dispatch, PlannedBuffer } from "../plan.ts";
import source from "./moments.wgsl" with { type: "text" };
import sumSource from "./sum.wgsl" with { type: "text" };

const THREADS = 256;

/** What moments are taken of. */
export interface MomentsOf {
  readonly features: FeatureMap;
  /** A factor per pixel. */
  readonly mask: PlannedBuffer | undefined;
  /** H·W, or Σm². */
  readonly area: number;
}

/** What moments are compared with, and where it goes. */
export interface MomentsCompared {
  /** `momentTarget()`. */
  readonly wanted: PlannedBuffer;
  /** D, whose diagonal takes the slopes. */
  readonly matrix: PlannedBuffer;
  /** By channel. */
  readonly offsets: PlannedBuffer;
  readonly parts: PlannedBuffer;
  /** Where the squares begin among the parts: one for each quad. */
  readonly part: number;
}

/** The means of channels. */
export function means(of: MomentsOf, to: PlannedBuffer): Dispatch {
  return moments(of, "MEANS", { means: to }, 0);
}

/** Means and deviations beside those of a style, see `compareMoments()`. */
export function compareMoments(of: MomentsOf, { part, ...buffers }: MomentsCompared): Dispatch {
  return moments(of, "COMPARED", { ...buffers }, part);
}

function moments(
  { features, mask, area }: MomentsOf,
  flag: "MEANS" | "COMPARED",
  buffers: Readonly<Record<string, PlannedBuffer>>,
  part: number,
): Dispatch {
  const quads = quadsOf(features.channels);
  const count = quadCount(features);
  return {
    kernel: "moments",
    source: sumSource + source,
    variant: { constants: { THREADS }, flags: [flag] },
    numbers: [features.width * features.height, quads, Number(mask !== undefined), part, { float: 1 / area }],
    // What is not used has to be something.
    buffers: { features: features.buffer, mask: mask ?? features.buffer, ...buffers },
    workgroups: [quads, 1, 1],
    work: { flops: 16 * count, bytes: mapBytes(features) },
  };
}
