import { unwhiten, whiten, type Whitener } from "./whitening.ts";

/**
 * What styles are compared by: a number that a layer's features have, and how far two of it are apart. A backend implements
 * it once, in its own terms.
 *
 * Gram matrices FᵀF / (area · channels) are what there is, as they are or whitened (`whitening.ts`).
 *
 * @typeParam Features A layer's features under the term's mask.
 * @typeParam Matrix (channels × channels).
 * @typeParam Sum One number.
 */
export interface StyleStatistic<Features, Matrix, Sum> {
  /** @param area H·W, or Σm² under a mask. */
  of(features: Features, area: number): Matrix;
  /**
   * G with A.
   *
   * @param whitener R, or undefined where Gram matrices are compared as they are.
   */
  compare(gram: Matrix, target: Matrix, whitener: Matrix | undefined): StyleComparison<Matrix, Sum>;
}

/** How far two styles are apart. */
export interface StyleComparison<Matrix, Sum> {
  /** Σ (G − A)², or Σ (R (G − A) Rᵀ)². */
  readonly squares: Sum;
  /** D = G − A, or RᵀR (G − A) RᵀR: the gradient is F D times a constant. */
  readonly difference: Matrix;
}

/** Compares Gram matrices that lie here. */
export function compareGrams(
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
