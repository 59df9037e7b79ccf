import type { Pixels } from "../picture.ts";
import type { ColorStatistics } from "./color_statistics.ts";

/**
 * A term of the loss that is of the pixels alone. It needs no network, so it is the same on every backend and in tiles;
 * pictures that move on a device have it where the device computes it from its goal.
 */
export interface PixelTerm {
  readonly goal: PixelGoal;
  /**
   * Adds `weight` times the term's gradient to `gradient`.
   *
   * @returns The term, unweighted.
   */
  add(pixels: Pixels, weight: number, gradient: Float32Array): number;
}

/** What a term of the pixels is made of, see `palette.ts` and `temporal.ts`. */
export type PixelGoal =
  | {
    readonly kind: "palette";
    readonly target: ColorStatistics;
    /** Of each pixel; null where all count the same. */
    readonly weights: Float32Array | null;
  }
  | { readonly kind: "temporal"; readonly wanted: Pixels; readonly visible: Float32Array };
