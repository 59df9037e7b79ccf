import type { FeatureMap } from "../feature_map.ts";
import type { Dispatch, PlannedBuffer } from "../plan.ts";
import source from "./arrive.wgsl" with { type: "text" };
import { groupsFor, THREADS } from "./elementwise.ts";
import sumSource from "./sum.wgsl" with { type: "text" };
import variation from "./variation.wgsl" with { type: "text" };

/** A picture and what is known of the loss there. */
export interface Arrival {
  /** The network's part of the gradient. */
  readonly along: FeatureMap;
  readonly picture: PlannedBuffer;
  /** One value: the factor of total variation's gradient. */
  readonly factor: PlannedBuffer;
}

/**
 * The whole gradient at a picture, three values a pixel.
 *
 * @param parts As Adam's, see `adam()`.
 */
export function arrive({ along, picture, factor }: Arrival, gradient: PlannedBuffer, parts: PlannedBuffer): Dispatch {
  const { width, height } = along;
  return {
    kernel: "arrive",
    source: variation + sumSource + source,
    variant: { constants: { THREADS }, flags: [] },
    numbers: [width, height],
    buffers: { factor, along: along.buffer, picture, gradient, parts },
    workgroups: groupsFor(width * height),
    work: { flops: 36 * width * height, bytes: width * height * (16 + 2 * 12) },
  };
}
