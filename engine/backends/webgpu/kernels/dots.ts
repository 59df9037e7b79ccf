import type { Dispatch, PlannedBuffer } from "../plan.ts";
import source from "./dots.wgsl" with { type: "text" };
import { EACH, groupCount, partsOf, THREADS } from "./elementwise.ts";
import { reduce } from "./reduce.ts";
import sumSource from "./sum.wgsl" with { type: "text" };

/** Vectors that a call takes products with. */
const TOGETHER = 4;

/**
 * Dot products of two vectors with others, `count` values each.
 *
 * @param parts For `dotParts()` values.
 * @param into From `at` on, for every four of the others: those with `a`, then those with `b`.
 */
export function dots(
  [a, b]: readonly [PlannedBuffer, PlannedBuffer],
  others: readonly PlannedBuffer[],
  count: number,
  parts: PlannedBuffer,
  { into, at = 0 }: { readonly into: PlannedBuffer; readonly at?: number },
): Dispatch[] {
  const each = groupCount(partsOf(count));
  return fours(others).flatMap(([v0, v1, v2, v3], i) => [
    {
      kernel: "dots",
      source: sumSource + source,
      variant: { constants: { THREADS, EACH }, flags: [] },
      numbers: [count, 0],
      buffers: { a, b, v0, v1, v2, v3, parts },
      workgroups: partsOf(count),
      work: { flops: 16 * count, bytes: 24 * count },
    },
    reduce(parts, each, into, { to: at + 2 * TOGETHER * i, sums: 2 * TOGETHER }),
  ]);
}

/** Values that `dots()` needs for parts. */
export function dotParts(count: number): number {
  return 2 * TOGETHER * groupCount(partsOf(count));
}

/** Values that `dots()` gives for so many vectors. */
export function dotCount(others: number): number {
  return 2 * TOGETHER * Math.ceil(others / TOGETHER);
}

/** Where `dots()` gives the product of `a` (0) or `b` (1) with one of the others. */
export function dotPlace(which: 0 | 1, other: number): number {
  return TOGETHER * (2 * Math.floor(other / TOGETHER) + which) + other % TOGETHER;
}

/** Vectors by fours; the last one fills up the last of them. */
export function fours(vectors: readonly PlannedBuffer[]) {
  return Array.from({ length: Math.ceil(vectors.length / TOGETHER) }, (_, i) => {
    const [v0, v1, v2, v3] = Array.from(
      { length: TOGETHER },
      (_, k) => vectors[TOGETHER * i + k] ?? vectors.at(-1)!,
    );
    return [v0!, v1!, v2!, v3!] as const;
  });
}
