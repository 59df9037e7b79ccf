import type { Pixels, Size } from "./picture.ts";

/**
 * Total variation in its squared form: the mean over pixels and channels of the squared differences to the right and
 * lower neighbour. Its gradient times `weight` is added to `gradient`.
 *
 * Mahendran and Vedaldi (2015) with β = 2; the article has none.
 *
 * @returns The mean, unweighted.
 */
export function addTotalVariation(pixels: Pixels, size: Size, weight: number, gradient: Float32Array): number {
  const row = 3 * size.width;
  const scale = (2 * weight) / pixels.length;
  let sum = 0;
  for (let y = 0; y < size.height; y++) {
    for (let i = y * row; i < (y + 1) * row; i++) {
      if (i + 3 < (y + 1) * row) {
        const right = pixels[i + 3]! - pixels[i]!;
        sum += right * right;
        gradient[i]! -= scale * right;
        gradient[i + 3]! += scale * right;
      }
      if (y + 1 < size.height) {
        const below = pixels[i + row]! - pixels[i]!;
        sum += below * below;
        gradient[i]! -= scale * below;
        gradient[i + row]! += scale * below;
      }
    }
  }
  return sum / pixels.length;
}
