import { compareMoments, gramOf, type MomentComparison, momentTarget, type StyleFigures } from "./moments.ts";
import { unwhiten, whiten, type Whitener } from "./whitening.ts";

/**
 * What styles are compared by: figures that a layer's features have, and how far two of them are apart. A backend
 * implements it once, in its own terms.
 *
 * Gram matrices FᵀF / (area · channels) are what there is, as they are or whitened (`whitening.ts`), and beside them means
 * and deviations where they are asked for (`moments.ts`).
 *
 * @typeParam Features A layer's features under the term's mask.
 * @typeParam Matrix (channels × channels), or rows of channels.
 * @typeParam Sum One number.
 */
export interface StyleStatistic<Features, Matrix, Sum> {
  /**
   * The Gram matrix.
   *
   * @param area H·W, or Σm² under a mask.
   */
  of(features: Features, area: number): Matrix;
  /** The mean of each channel. @param features Under the term's mask twice, so that the mean is weighted by m². */
  means(features: Features, area: number): Matrix;
  /**
   * G with A.
   *
   * @param whitener R, or undefined where Gram matrices are compared as they are.
   */
  compare(gram: Matrix, target: Matrix, whitener: Matrix | undefined): StyleComparison<Matrix, Sum>;
  /** Means, and deviations that follow from them and from G, with `momentTarget()`. */
  compareMoments(gram: Matrix, means: Matrix, target: Matrix): MomentComparison<Matrix, Sum>;
}

/** How far two styles are apart. */
export interface StyleComparison<Matrix, Sum> {
  /** Σ (G − A)², or Σ (R (G − A) Rᵀ)². */
  readonly squares: Sum;
  /** D = G − A, or RᵀR (G − A) RᵀR: the gradient is F D times a constant. */
  readonly difference: Matrix;
}

/**
 * Compares figures that lie here, and their moments where the target has means.
 *
 * @returns With means, their part is in it: D has the slopes on its diagonal, and the offsets as one more row.
 */
export function compareFigures(
  figures: ArrayLike<number>,
  target: StyleFigures,
  whitener: Whitener | undefined,
): StyleComparison<Float32Array, number> {
  const gram = gramOf(target);
  const grams = compareGrams(figures, gram, whitener);
  if (gram.length === target.length) return grams;
  const { squares, slope, offset } = compareMoments(figures, momentTarget(target));
  const difference = new Float32Array(target.length);
  difference.set(grams.difference);
  slope.forEach((value, i) => difference[i * (slope.length + 1)]! += value);
  difference.set(offset, gram.length);
  return { squares: grams.squares + squares, difference };
}

function compareGrams(
  gram: ArrayLike<number>,
  target: Float32Array,
  whitener: Whitener | undefined,
): StyleComparison<Float32Array, number> {
  const difference = target.map((value, i) => gram[i]! - value);
  const compared = whitener ? whiten(difference, whitener) : difference;
  let squares = 0;
  for (const value of compared) squares += value * value;
  return { squares, difference: whitener ? unwhiten(compared, whitener) : difference };
}
