import type { Dispatch, PlannedBuffer } from "../plan.ts";
import { flagsOf } from "./elementwise.ts";
import progressSource from "./progress.wgsl" with { type: "text" };
import source from "./record.wgsl" with { type: "text" };

/** Values of what tells how many steps were written down, and whether the last one halted those after it. */
export const PROGRESS = 2;
/** Values of a row before its sums: 1 where all is finite, Σ of total variation, the gradient's L1 norm. */
export const ROW_HEAD = 3;

/** Sums of terms. */
export interface Sums {
  readonly buffer: PlannedBuffer;
  readonly count: number;
}

/**
 * Writes a step's report and sums into the next row.
 *
 * @param pixels Of terms of the pixels; null where there are none.
 */
export function record(
  progress: PlannedBuffer,
  { report, network, pixels }: {
    readonly report: PlannedBuffer;
    readonly network: Sums;
    readonly pixels: Sums | null;
  },
  rows: PlannedBuffer,
): Dispatch {
  return {
    kernel: "record",
    source: progressSource + source,
    variant: { constants: {}, flags: flagsOf({ PIXELS: pixels !== null }) },
    numbers: [network.count, pixels?.count ?? 0],
    buffers: { progress, report, network: network.buffer, rows, ...(pixels ? { pixels: pixels.buffer } : {}) },
    workgroups: [1, 1, 1],
    work: { flops: 0, bytes: 8 * (ROW_HEAD + network.count + (pixels?.count ?? 0)) },
  };
}
