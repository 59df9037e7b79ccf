import { type FeatureMap, quadCount } from "../feature_map.ts";
import type { Dispatch, PlannedBuffer } from "../plan.ts";
import { groupsFor, THREADS } from "./elementwise.ts";
import source from "./leave.wgsl" with { type: "text" };

/**
 * The picture's gradient from quads.
 *
 * @param picture Three values a pixel.
 */
export function leave(from: FeatureMap, picture: PlannedBuffer): Dispatch {
  const pixels = quadCount(from);
  return {
    kernel: "leave",
    source,
    variant: { constants: { THREADS }, flags: [] },
    numbers: [pixels],
    buffers: { quads: from.buffer, picture },
    workgroups: groupsFor(pixels),
    work: { flops: 0, bytes: pixels * (16 + 12) },
  };
}
