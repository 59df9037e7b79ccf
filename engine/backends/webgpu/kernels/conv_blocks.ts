import { type FeatureMap, quadsOf } from "../feature_map.ts";
import type { Dispatch, PlannedBuffer } from "../plan.ts";
import source from "./conv_blocks.wgsl" with { type: "text" };
import { convDispatch, type ConvOutput, convWork } from "./conv_output.ts";

/** Pixels of a side of a block: `SIDE` of the kernel. */
const SIDE = 4;
/** Rows of taps. */
const ROWS = 3;
/** Invocations of a workgroup: few, so that even a small map keeps many of a GPU's units busy. */
const THREADS = 32;

/**
 * A 3×3 SAME convolution for small maps.
 *
 * @param weights As `packKernel()` has them.
 */
export function convBlocks(from: FeatureMap, weights: PlannedBuffer, to: FeatureMap, output: ConvOutput): Dispatch {
  const blocks = Math.ceil(to.width / SIDE) * Math.ceil(to.height / SIDE);
  return convDispatch(from, to, output, {
    kernel: "conv_blocks",
    source,
    constants: { THREADS },
    numbers: [ROWS, SIDE],
    workgroups: [Math.ceil((blocks * quadsOf(to.channels)) / THREADS), 1, 1],
    reads: { x: from.buffer, weights },
    work: convWork(from, to, to.channels, output),
  });
}
