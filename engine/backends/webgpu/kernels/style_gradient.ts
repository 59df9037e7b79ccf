import { type FeatureMap, mapBytes, quadsOf } from "../feature_map.ts";
import type { Dispatch, PlannedBuffer } from "../plan.ts";
import { channelProduct, channelProductGroups, EACH_PIXELS } from "./channel_product.ts";
import type { TermOptions } from "./content.ts";
import source from "./style_gradient.wgsl" with { type: "text" };

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
  return {
    kernel: "style_gradient",
    source: channelProduct(source),
    variant: { constants: {}, flags: [] },
    numbers: [
      area,
      quads,
      quads,
      term,
      Number(offsets !== undefined),
      Number(mask !== undefined),
      Number(factors !== undefined),
      Number(sum),
      Number(derivative),
      EACH_PIXELS,
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
    workgroups: channelProductGroups(quads, area),
    work: {
      flops: 2 * channels ** 2 * area,
      bytes: mapBytes(features) * (1 + Number(derivative)) + mapBytes(gradient) * (1 + Number(sum)) + 64 * quads ** 2,
    },
  };
}
