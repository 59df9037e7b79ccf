import type { Dispatch, PlannedBuffer } from "../plan.ts";
import { groupsFor, THREADS } from "./elementwise.ts";
import source from "./to_bytes.wgsl" with { type: "text" };

/** Words that hold so many bytes. */
export function wordsOf(bytes: number): number {
  return Math.ceil(bytes / 4);
}

/**
 * Values as `toPicture()` makes bytes of them.
 *
 * @param factor One value, which all are multiplied with.
 */
export function toBytes(factor: PlannedBuffer, values: PlannedBuffer, words: PlannedBuffer, count: number): Dispatch {
  return {
    kernel: "to_bytes",
    source,
    variant: { constants: { THREADS }, flags: [] },
    numbers: [count],
    buffers: { factor, values, words },
    workgroups: groupsFor(wordsOf(count)),
    work: { flops: count, bytes: 5 * count },
  };
}
