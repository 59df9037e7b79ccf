import type { Dispatch, PlannedBuffer } from "../plan.ts";
import source from "./weigh_neighbors.wgsl" with { type: "text" };
import { groupsFor, THREADS } from "./elementwise.ts";

/** An axis of a picture: places on it, and values from one to the next. */
export interface Axis {
  readonly length: number;
  readonly stride: number;
}

/** How neighbours count along it, see `smoothing()`. */
export interface Neighbors {
  /** One at distance d counts `reach` − |d| times, down to 0. */
  readonly reach: number;
  /** Of the sum. */
  readonly factor?: number;
  /** Whether what is there is added to. */
  readonly sum?: boolean;
}

/** Sums of neighbours along one axis of `count` values. Beyond its border a picture is its mirror image. */
export function weighNeighbors(
  values: PlannedBuffer,
  sums: PlannedBuffer,
  count: number,
  { length, stride }: Axis,
  { reach, factor = 1, sum = false }: Neighbors,
): Dispatch {
  return {
    kernel: "weigh_neighbors",
    source,
    variant: { constants: { THREADS }, flags: [] },
    numbers: [count, length, stride, reach, Number(sum), { float: factor }],
    buffers: { values, sums },
    workgroups: groupsFor(count),
    work: { flops: 4 * reach * count, bytes: 8 * count },
  };
}
