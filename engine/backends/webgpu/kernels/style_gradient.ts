import { type FeatureMap, quadCount, quadsOf } from "../feature_map.ts";
import type { Dispatch, PlannedBuffer } from "../plan.ts";
import type { TermOptions } from "./content.ts";
import source from "./style_gradient.wgsl" with { type: "text" };

/** Pixels and quads of a workgroup: `PIXELS` and `QUADS` of the kernel. */
const PIXELS = 128;
const QUADS = 8;
/** Pixels of an invocation. */
const EACH = 8;

/** How a style's figures differ from those that are wanted. */
export interface StyleDifference {
  /** D of `StyleComparison`. */
  readonly matrix: PlannedBuffer;
  /** By channel, where moments are compared: see `MomentComparison`. */
  readonly offsets: PlannedBuffer | undefined;
}

/** The gradient of a style term. */
export function styleGradient(
  features: FeatureMap,
  { matrix, offsets }: StyleDifference,
  gradient: FeatureMap,
  { term, factors, mask, sum = false, derivative = false }: TermOptions,
): Dispatch {
  const { width, height, channels } = features;
  const [area, quads] = [width * height, quadsOf(channels)];
  const workgroups = [Math.ceil(quads / QUADS), Math.ceil(area / PIXELS), 1] as const;
  const passes = 1 + Number(sum) + Number(derivative);
  return {
    kernel: "style_gradient",
    source,
    variant: { constants: {}, flags: [] },
    numbers: [
      area,
      quads,
      term,
      Number(offsets !== undefined),
      Number(mask !== undefined),
      Number(factors !== undefined),
      Number(sum),
      Number(derivative),
      EACH,
    ],
    buffers: {
      features: features.buffer,
      matrix,
      gradient: gradient.buffer,
      // What is not used has to be something.
      factors: factors ?? matrix,
      mask: mask ?? matrix,
      offsets: offsets ?? matrix,
    },
    workgroups,
    work: {
      flops: 2 * channels ** 2 * area,
      bytes: 16 * ((1 + passes) * quadCount(features) + 4 * quads ** 2),
    },
  };
}
