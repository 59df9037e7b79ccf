import type { Pixels } from "../picture.ts";

/**
 * A term of the loss that is of the pixels alone. It needs no network, so it is the same on every backend and in tiles;
 * pictures that move on a device do not have it.
 */
export interface PixelTerm {
  /**
   * Adds `weight` times the term's gradient to `gradient`.
   *
   * @returns The term, unweighted.
   */
  add(pixels: Pixels, weight: number, gradient: Float32Array): number;
}
