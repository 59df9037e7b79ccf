import type { Dispatch, PlannedBuffer } from "../plan.ts";
import { THREADS } from "./elementwise.ts";
import source from "./largest.wgsl" with { type: "text" };

/** Spans at most: a workgroup takes them all in a second call. */
const MOST_SPANS = 4096;

/** How many spans `largest()` takes so many values in. */
export function largestSpans(count: number): number {
  return Math.ceil(count / spanOf(count));
}

/** The largest absolute value of `count`, by way of `spans`. */
export function largest(
  values: PlannedBuffer,
  count: number,
  spans: PlannedBuffer,
  into: PlannedBuffer,
): Dispatch[] {
  const call = (from: PlannedBuffer, length: number, span: number, to: PlannedBuffer): Dispatch => ({
    kernel: "largest",
    source,
    variant: { constants: { THREADS }, flags: [] },
    numbers: [length, span],
    buffers: { values: from, spans: to },
    workgroups: [Math.ceil(length / span), 1, 1],
    work: { flops: length, bytes: 4 * length },
  });
  const found = largestSpans(count);
  return [call(values, count, spanOf(count), spans), call(spans, found, found, into)];
}

function spanOf(count: number): number {
  return Math.max(16 * THREADS, Math.ceil(count / MOST_SPANS));
}
