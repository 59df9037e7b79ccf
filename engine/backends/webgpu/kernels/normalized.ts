import { type FeatureMap, quadCount } from "../feature_map.ts";
import type { Dispatch, PlannedBuffer } from "../plan.ts";
import { flagsOf, groupsFor, THREADS } from "./elementwise.ts";
import source from "./normalized.wgsl" with { type: "text" };

/** Keeps a vanished gradient from being divided by zero. */
const SMALLEST_NORM = 1e-8;

/** A term's gradient from that without its factor. */
export interface NormalizedOptions {
  readonly term: number;
  /** By term. */
  readonly norms: PlannedBuffer;
  readonly factors: PlannedBuffer;
  /** Whether what the output holds is added. */
  readonly sum: boolean;
  /** Where this is not positive, the result is 0. */
  readonly activation: FeatureMap | undefined;
}

/** A term's gradient divided by its L1 norm, times the term's factor. */
export function normalized(
  inner: FeatureMap,
  gradient: FeatureMap,
  { term, norms, factors, sum, activation }: NormalizedOptions,
): Dispatch {
  const count = quadCount(inner);
  return {
    kernel: "normalized",
    source,
    variant: { constants: { THREADS }, flags: flagsOf({ SUM: sum, DERIVATIVE: activation !== undefined }) },
    numbers: [count, term, { float: SMALLEST_NORM }],
    buffers: {
      inner: inner.buffer,
      norms,
      factors,
      gradient: gradient.buffer,
      ...(activation ? { activation: activation.buffer } : {}),
    },
    workgroups: groupsFor(count),
    work: { flops: 4 * count, bytes: 16 * count * (2 + Number(sum)) },
  };
}
