import { type FeatureMap, quadsOf } from "../feature_map.ts";
import type { Dispatch, PlannedBuffer } from "../plan.ts";
import { THREADS } from "./elementwise.ts";
import { spansOf } from "./gram.ts";
import source from "./gram_sum.wgsl" with { type: "text" };
import sumSource from "./sum.wgsl" with { type: "text" };

/** What a Gram matrix is compared with. */
export interface GramTarget {
  readonly wanted: PlannedBuffer;
  /** Of the squared difference: as many as `gramParts()`. */
  readonly parts: PlannedBuffer;
}

/** Parts of a sum over a matrix of channels × channels. */
export function gramParts(channels: number): number {
  return Math.ceil((4 * quadsOf(channels)) ** 2 / THREADS);
}

/**
 * A Gram matrix of the sums over spans.
 *
 * @param features What `gram()` has summed up.
 * @param matrix G, or G − A where there is a target.
 */
export function gramSum(
  features: FeatureMap,
  grams: PlannedBuffer,
  matrix: PlannedBuffer,
  scale: number,
  target?: GramTarget,
): Dispatch {
  const quads = quadsOf(features.channels);
  const { spans } = spansOf(features);
  return {
    kernel: "gram_sum",
    source: sumSource + source,
    variant: { constants: { THREADS }, flags: target ? ["TARGET"] : [] },
    numbers: [quads, spans, { float: scale }],
    buffers: { grams, matrix, ...target },
    workgroups: [gramParts(features.channels), 1, 1],
    work: { flops: 16 * spans * quads ** 2, bytes: 64 * (spans + 2) * quads ** 2 },
  };
}
