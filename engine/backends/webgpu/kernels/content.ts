import { type FeatureMap, mapBytes, quadCount } from "../feature_map.ts";
import type { Dispatch, PlannedBuffer } from "../plan.ts";
import { EACH, flagsOf, partsOf, THREADS } from "./elementwise.ts";
import source from "./content.wgsl" with { type: "text" };
import sumSource from "./sum.wgsl" with { type: "text" };

/** What a term's gradient is made with, and what becomes of it. */
export interface TermOptions {
  /** Which term. */
  readonly term: number;
  /** By term: what its gradient is multiplied with. Where it is left out, with nothing. */
  readonly factors?: PlannedBuffer | undefined;
  /** A factor per pixel. */
  readonly mask?: PlannedBuffer | undefined;
  /** Whether what the output holds is added. */
  readonly sum?: boolean;
  /** Whether it is the gradient before the layer's ReLU that is wanted. */
  readonly derivative?: boolean;
}

/**
 * A content term: its gradient, and parts of its sum.
 *
 * @param parts As many as `partsOf()` the map's quads.
 */
export function content(
  features: FeatureMap,
  wanted: PlannedBuffer,
  gradient: FeatureMap,
  parts: PlannedBuffer,
  { term, factors, mask, sum = false, derivative = false }: TermOptions,
): Dispatch {
  const count = quadCount(features);
  return {
    kernel: "content",
    source: sumSource + source,
    variant: {
      constants: { THREADS, EACH },
      flags: flagsOf({ FACTOR: factors !== undefined, MASK: mask !== undefined, SUM: sum, DERIVATIVE: derivative }),
    },
    numbers: [count, features.width * features.height, term],
    buffers: {
      features: features.buffer,
      content: wanted,
      gradient: gradient.buffer,
      parts,
      ...(factors ? { factors } : {}),
      ...(mask ? { mask } : {}),
    },
    workgroups: partsOf(count),
    work: { flops: 12 * count, bytes: mapBytes(features) + 16 * count * (2 + Number(sum)) },
  };
}
