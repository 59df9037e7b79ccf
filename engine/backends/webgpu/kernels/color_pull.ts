import type { FeatureMap } from "../feature_map.ts";
import type { Dispatch, PlannedBuffer } from "../plan.ts";
import source from "./color_pull.wgsl" with { type: "text" };
import { flagsOf, groupsFor, THREADS } from "./elementwise.ts";

/** What a term of the pixels has to do with: its factor, the picture, and the gradient that it adds to. */
export interface Pulled {
  /** By term of the pixels. */
  readonly factors: PlannedBuffer;
  readonly term: number;
  readonly picture: PlannedBuffer;
  readonly along: FeatureMap;
}

/**
 * Adds a palette's gradient, times its factor.
 *
 * @param transport As `colorTransport()` finds it.
 * @param weights Of each pixel; undefined where all count the same.
 */
export function colorPull(
  { factors, term, picture, along }: Pulled,
  transport: PlannedBuffer,
  weights: PlannedBuffer | undefined,
): Dispatch {
  const pixels = along.width * along.height;
  return {
    kernel: "color_pull",
    source,
    variant: { constants: { THREADS }, flags: flagsOf({ WEIGHTS: weights !== undefined }) },
    numbers: [pixels, term],
    buffers: { factors, transport, picture, along: along.buffer, ...(weights ? { weights } : {}) },
    workgroups: groupsFor(pixels),
    work: { flops: 27 * pixels, bytes: (weights ? 48 : 44) * pixels },
  };
}
