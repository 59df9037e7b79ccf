import { AVERAGE_POOL_GAIN } from "../../../objective/pooling.ts";
import type { Pooling } from "../../../options/options.ts";
import { type FeatureMap, mapBytes, quadCount, quadsOf } from "../feature_map.ts";
import type { Dispatch } from "../plan.ts";
import { flagsOf, groupsFor, THREADS } from "./elementwise.ts";
import source from "./pool_gradient.wgsl" with { type: "text" };

/**
 * The gradient before the ReLU that a pool follows.
 *
 * @param activation What the pool took in.
 * @param behind The gradient behind the pool.
 * @param sum Whether what the output holds is added before the ReLU.
 */
export function poolGradient(
  activation: FeatureMap,
  behind: FeatureMap,
  to: FeatureMap,
  pooling: Pooling,
  sum = false,
): Dispatch {
  return {
    kernel: "pool_gradient",
    source,
    variant: { constants: { THREADS }, flags: [pooling, ...flagsOf({ SUM: sum })] },
    numbers: [to.width, to.height, quadsOf(to.channels), { float: AVERAGE_POOL_GAIN }],
    buffers: { activation: activation.buffer, pooled_gradient: behind.buffer, gradient: to.buffer },
    workgroups: groupsFor(quadCount(behind)),
    work: { flops: 0, bytes: mapBytes(activation) + mapBytes(to) * (1 + Number(sum)) + mapBytes(behind) },
  };
}
