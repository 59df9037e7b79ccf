import type { Dispatch, PlannedBuffer } from "../plan.ts";
import source from "./average.wgsl" with { type: "text" };
import { groupsFor, THREADS } from "./elementwise.ts";
import progressSource from "./progress.wgsl" with { type: "text" };

/**
 * Takes a picture into the sum of a moving average, which is not corrected for its bias.
 *
 * @param progress See `record()`.
 */
export function average(
  progress: PlannedBuffer,
  picture: PlannedBuffer,
  sum: PlannedBuffer,
  { count, decay }: { readonly count: number; readonly decay: number },
): Dispatch {
  return {
    kernel: "average",
    source: progressSource + source,
    variant: { constants: { THREADS }, flags: [] },
    numbers: [count, { float: decay }, { float: 1 - decay }],
    buffers: { progress, picture, average: sum },
    workgroups: groupsFor(count),
    work: { flops: 3 * count, bytes: 12 * count },
  };
}
