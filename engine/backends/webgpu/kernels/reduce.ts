import type { Dispatch, PlannedBuffer } from "../plan.ts";
import source from "./reduce.wgsl" with { type: "text" };
import sumSource from "./sum.wgsl" with { type: "text" };

const THREADS = 256;

/** Sums up `count` parts from one on, into one number; the same for the sums whose parts come next. */
export function reduce(
  parts: PlannedBuffer,
  count: number,
  totals: PlannedBuffer,
  { from = 0, to, sums = 1 }: { readonly from?: number; readonly to: number; readonly sums?: number },
): Dispatch {
  return {
    kernel: "reduce",
    source: sumSource + source,
    variant: { constants: { THREADS }, flags: [] },
    numbers: [count, from, to],
    buffers: { parts, totals },
    workgroups: [sums, 1, 1],
    work: { flops: sums * count, bytes: 4 * sums * count },
  };
}
