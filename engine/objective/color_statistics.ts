/** Colours of a picture in short, of RGB values in 0–255. */
export interface ColorStatistics {
  /** Of each channel. */
  readonly mean: Float64Array;
  /** Of the channels, 3 × 3; never singular, see `colorStatistics()`. */
  readonly covariance: Float64Array;
}

/** On the diagonal of a covariance, one grey level: it keeps pictures of a single colour invertible. */
export const LEAST_VARIANCE = 1;

/**
 * Mean and covariance of colours.
 *
 * @param rgb `3 * pixels` values.
 * @param weights Of each pixel; null where all count the same.
 */
export function colorStatistics(rgb: ArrayLike<number>, weights: ArrayLike<number> | null): ColorStatistics {
  const count = rgb.length / 3;
  let whole = 0;
  const mean = new Float64Array(3);
  const products = new Float64Array(9);
  for (let i = 0; i < count; i++) {
    const weight = weights ? weights[i]! : 1;
    const [red, green, blue] = [rgb[3 * i]!, rgb[3 * i + 1]!, rgb[3 * i + 2]!];
    whole += weight;
    mean[0]! += weight * red;
    mean[1]! += weight * green;
    mean[2]! += weight * blue;
    products[0]! += weight * red * red;
    products[1]! += weight * red * green;
    products[2]! += weight * red * blue;
    products[4]! += weight * green * green;
    products[5]! += weight * green * blue;
    products[8]! += weight * blue * blue;
  }
  for (const [upper, lower] of [[1, 3], [2, 6], [5, 7]] as const) products[lower] = products[upper]!;
  const divisor = whole || 1;
  for (let a = 0; a < 3; a++) mean[a]! /= divisor;
  return { mean, covariance: products.map((p, i) => p / divisor - outer(mean, i) + floor(i)) };
}

/** Those of several pictures together, as a mixture of them in the given parts. */
export function mixedStatistics(
  parts: readonly { readonly of: ColorStatistics; readonly part: number }[],
): ColorStatistics {
  const mean = new Float64Array(3);
  for (const { of, part } of parts) for (let a = 0; a < 3; a++) mean[a]! += part * of.mean[a]!;
  const covariance = new Float64Array(9);
  for (const { of, part } of parts) {
    const shift = of.mean.map((value, a) => value - mean[a]!);
    for (let i = 0; i < 9; i++) covariance[i]! += part * (of.covariance[i]! + outer(shift, i));
  }
  return { mean, covariance };
}

/** Value `i` of v vᵀ. */
function outer(vector: Float64Array, i: number): number {
  return vector[Math.floor(i / 3)]! * vector[i % 3]!;
}

function floor(i: number): number {
  return i % 4 === 0 ? LEAST_VARIANCE : 0;
}
