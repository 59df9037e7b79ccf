import type { Dispatch, PlannedBuffer } from "../plan.ts";
import source from "./difference.wgsl" with { type: "text" };
import { groupsFor, THREADS } from "./elementwise.ts";

/** a − b, `count` values each. */
export function difference(a: PlannedBuffer, b: PlannedBuffer, rest: PlannedBuffer, count: number): Dispatch {
  return {
    kernel: "difference",
    source,
    variant: { constants: { THREADS }, flags: [] },
    numbers: [count],
    buffers: { a, b, rest },
    workgroups: groupsFor(count),
    work: { flops: count, bytes: 12 * count },
  };
}
