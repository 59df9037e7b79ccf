import type { Dispatch, PlannedBuffer } from "../plan.ts";
import source from "./color_sums.wgsl" with { type: "text" };
import { EACH, flagsOf, groupCount, partsOf, THREADS } from "./elementwise.ts";
import { reduce } from "./reduce.ts";
import sumSource from "./sum.wgsl" with { type: "text" };

/** Values of colours' sums and of their products' sums. */
export const COLOR_SUMS = 9;

/** Values of the parts that `colorSums()` needs. */
export function colorParts(pixels: number): number {
  return COLOR_SUMS * groupCount(partsOf(pixels));
}

/**
 * Sums of a picture's colours and of their products.
 *
 * @param palette Where colours are seen from, in its first values.
 * @param weights Of each pixel; undefined where all count the same.
 * @param parts For `colorParts()` values.
 */
export function colorSums(
  { palette, picture, weights }: {
    readonly palette: PlannedBuffer;
    readonly picture: PlannedBuffer;
    readonly weights: PlannedBuffer | undefined;
  },
  pixels: number,
  parts: PlannedBuffer,
  into: PlannedBuffer,
): Dispatch[] {
  return [
    {
      kernel: "color_sums",
      source: sumSource + source,
      variant: { constants: { THREADS, EACH }, flags: flagsOf({ WEIGHTS: weights !== undefined }) },
      numbers: [pixels],
      buffers: { palette, picture, parts, ...(weights ? { weights } : {}) },
      workgroups: partsOf(pixels),
      work: { flops: 24 * pixels, bytes: (weights ? 16 : 12) * pixels },
    },
    reduce(parts, groupCount(partsOf(pixels)), into, { to: 0, sums: COLOR_SUMS }),
  ];
}
