import type { Pixels, Size } from "../picture.ts";

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
    const [start, end] = [y * row, (y + 1) * row];
    sum += addPulls(pixels, start, end - 3, 3, scale, gradient);
    if (y + 1 < size.height) sum += addPulls(pixels, start, end, row, scale, gradient);
  }
  return sum / pixels.length;
}

/** Pulls each value from `start` to `end` and the one `step` after it together; gives the sum of squared differences. */
function addPulls(
  pixels: Pixels,
  start: number,
  end: number,
  step: number,
  scale: number,
  gradient: Float32Array,
): number {
  let sum = 0;
  for (let i = start; i < end; i++) {
    const difference = pixels[i + step]! - pixels[i]!;
    sum += difference * difference;
    if (scale === 0) continue;
    gradient[i]! -= scale * difference;
    gradient[i + step]! += scale * difference;
  }
  return sum;
}
