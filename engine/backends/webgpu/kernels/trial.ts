import type { Dispatch, PlannedBuffer } from "../plan.ts";
import { groupsFor, THREADS } from "./elementwise.ts";
import source from "./trial.wgsl" with { type: "text" };

/** Where a search goes from, and what decides how far. */
export interface Line {
  readonly picture: PlannedBuffer;
  readonly direction: PlannedBuffer;
  /** One value: the largest of the direction. */
  readonly largest: PlannedBuffer;
  /** `SEARCH` values, see `searchNumbers()`. */
  readonly search: PlannedBuffer;
}

/** How far to go: a stride, or what is to be found out from the direction. */
export type Stride = number | {
  readonly rate: number;
  /** Whether the rate is what the direction's largest value is to become. */
  readonly byLargest: boolean;
  /** Of any value, at most. */
  readonly largestChange: number;
};

/** Values of a `Stride`. */
export const SEARCH = 5;

/** As the kernel takes it. */
export function searchNumbers(stride: Stride): Float32Array {
  if (typeof stride === "number") return Float32Array.of(stride, 1, 0, 0, 0);
  return Float32Array.of(0, 0, stride.rate, Number(stride.byLargest), stride.largestChange);
}

/** A picture some way along a direction, and how far that is. */
export function trial(line: Line, moved: PlannedBuffer, stride: PlannedBuffer, count: number): Dispatch {
  return {
    kernel: "trial",
    source,
    variant: { constants: { THREADS }, flags: [] },
    numbers: [count],
    buffers: { ...line, moved, stride },
    workgroups: groupsFor(count),
    work: { flops: 2 * count, bytes: 12 * count },
  };
}
