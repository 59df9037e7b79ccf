import type { Dispatch, PlannedBuffer } from "../plan.ts";
import { EACH, partsOf, THREADS } from "./elementwise.ts";
import source from "./total.wgsl" with { type: "text" };
import sumSource from "./sum.wgsl" with { type: "text" };

/**
 * Parts of Σ v², or of Σ |v|.
 *
 * @param count In quads.
 * @param parts As many as `partsOf(count)`.
 */
export function total(
  of: "SQUARES" | "ABSOLUTE",
  values: PlannedBuffer,
  count: number,
  parts: PlannedBuffer,
): Dispatch {
  return {
    kernel: "total",
    source: sumSource + source,
    variant: { constants: { THREADS, EACH }, flags: [of] },
    numbers: [count],
    buffers: { values, parts },
    workgroups: partsOf(count),
    work: { flops: 8 * count, bytes: 16 * count },
  };
}
