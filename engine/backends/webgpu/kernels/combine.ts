import type { Dispatch, PlannedBuffer } from "../plan.ts";
import source from "./combine.wgsl" with { type: "text" };
import { fours } from "./dots.ts";
import { groupsFor, THREADS } from "./elementwise.ts";

/** Σ factor · vector, `count` values each. */
export function combine(
  factors: PlannedBuffer,
  vectors: readonly PlannedBuffer[],
  combined: PlannedBuffer,
  count: number,
): Dispatch[] {
  return fours(vectors).map(([v0, v1, v2, v3], i) => ({
    kernel: "combine",
    source,
    variant: { constants: { THREADS }, flags: [] },
    numbers: [count, 4 * i, Math.min(4, vectors.length - 4 * i), Number(i > 0)],
    buffers: { factors, v0, v1, v2, v3, combined },
    workgroups: groupsFor(count),
    work: { flops: 8 * count, bytes: 4 * (i > 0 ? 6 : 5) * count },
  }));
}
