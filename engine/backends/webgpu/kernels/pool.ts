import { AVERAGE_POOL_GAIN } from "../../../objective/pooling.ts";
import type { Pooling } from "../../../options/options.ts";
import { type FeatureMap, mapBytes, quadCount, quadsOf } from "../feature_map.ts";
import type { Dispatch } from "../plan.ts";
import { groupsFor, THREADS } from "./elementwise.ts";
import source from "./pool.wgsl" with { type: "text" };

/**
 * A 2×2 pool with stride 2 and SAME padding.
 *
 * @param gain Of an average: 1 for the mean.
 */
export function pool(from: FeatureMap, to: FeatureMap, pooling: Pooling, gain = AVERAGE_POOL_GAIN): Dispatch {
  return {
    kernel: "pool",
    source,
    variant: { constants: { THREADS }, flags: [pooling] },
    numbers: [from.width, from.height, quadsOf(from.channels), { float: gain }],
    buffers: { x: from.buffer, y: to.buffer },
    workgroups: groupsFor(quadCount(to)),
    work: { flops: 0, bytes: mapBytes(from) + mapBytes(to) },
  };
}
