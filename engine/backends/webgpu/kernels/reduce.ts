import type { Dispatch, PlannedBuffer } from "../plan.ts";
import source from "./reduce.wgsl" with { type: "text" };

const THREADS = 256;

/** Sums up `count` parts from one on, into one number. */
export function reduce(
  parts: PlannedBuffer,
  count: number,
  totals: PlannedBuffer,
  { from = 0, to }: { readonly from?: number; readonly to: number },
): Dispatch {
  return {
    kernel: "reduce",
    source,
    variant: { constants: { THREADS }, flags: [] },
    numbers: [count, from, to],
    buffers: { parts, totals },
    workgroups: [1, 1, 1],
    work: { flops: count, bytes: 4 * count },
  };
}
