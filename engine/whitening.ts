/**
 * How Gram matrices are compared: as they are, or with every direction of the features on its own scale.
 *
 * As they are, Σ (G − A)² is ruled by the few directions in which features are large, foremost their mean. What a style
 * does in all the others hardly counts, and which directions are large depends on the filters more than on the style. With
 * M = (1 − w) I + w A · C / tr A and the factor R of its inverse, M⁻¹ = RᵀR, the difference R (G − A) Rᵀ is taken instead.
 * At w = 0 that is G − A, as in Gatys et al. (2016). Towards w = 1 it is the affine-invariant distance
 * tr(A⁻¹ (G − A) A⁻¹ (G − A)), to second order four times the Kullback-Leibler divergence between the normal distributions
 * with the covariances G and A: a deviation counts by how unusual it is for the style.
 *
 * All matrices are square, row by row.
 *
 * @module
 */

/** Largest share w: at 1 a direction that the style does not have at all could not be told from another. */
export const MAX_WHITENING = 0.99;

/** R, lower triangular. */
export type Whitener = Float32Array;

/**
 * The factor R of the inverse of (1 − w) I + w A · C / tr A.
 *
 * @param gram A, (channels × channels).
 * @param share w, 0 to {@linkcode MAX_WHITENING}.
 */
export function whitener(gram: Float32Array, share: number): Whitener {
  const side = Math.sqrt(gram.length);
  let trace = 0;
  for (let i = 0; i < side; i++) trace += gram[i * (side + 1)]!;
  // A blank style has no directions to tell apart.
  const scale = trace > 0 ? (share * side) / trace : 0;
  const metric = Float64Array.from(gram, (value) => scale * value);
  for (let i = 0; i < side; i++) metric[i * (side + 1)]! += 1 - share;
  return Float32Array.from(invertLower(cholesky(metric, side), side));
}

/** R D Rᵀ. */
export function whiten(difference: Float32Array, factor: Whitener): Float32Array {
  const side = Math.sqrt(factor.length);
  const left = new Float64Array(factor.length);
  for (let i = 0; i < side; i++) {
    for (let k = 0; k <= i; k++) addRow(left, i, factor[i * side + k]!, difference, k, side);
  }
  const result = new Float32Array(factor.length);
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      let sum = 0;
      for (let k = 0; k <= j; k++) sum += left[i * side + k]! * factor[j * side + k]!;
      result[i * side + j] = sum;
    }
  }
  return result;
}

/** Rᵀ X R: takes the gradient with respect to R D Rᵀ to that with respect to D. */
export function unwhiten(gradient: Float32Array, factor: Whitener): Float32Array {
  const side = Math.sqrt(factor.length);
  const left = new Float64Array(factor.length);
  for (let k = 0; k < side; k++) {
    for (let i = 0; i <= k; i++) addRow(left, i, factor[k * side + i]!, gradient, k, side);
  }
  const result = new Float64Array(factor.length);
  for (let i = 0; i < side; i++) {
    for (let k = 0; k < side; k++) addRow(result, i, left[i * side + k]!, factor, k, k + 1);
  }
  return Float32Array.from(result);
}

/** Adds `factor` times the first `length` values of a row of `source` to a row of `target`. */
function addRow(
  target: Float64Array,
  row: number,
  factor: number,
  source: Float32Array,
  from: number,
  length: number,
): void {
  const side = Math.sqrt(target.length);
  for (let j = 0; j < length; j++) target[row * side + j]! += factor * source[from * side + j]!;
}

/** The lower triangular L with L Lᵀ = `matrix`, which is positive definite. */
function cholesky(matrix: Float64Array, side: number): Float64Array {
  const lower = new Float64Array(matrix.length);
  for (let i = 0; i < side; i++) {
    for (let j = 0; j <= i; j++) {
      let value = matrix[i * side + j]!;
      for (let k = 0; k < j; k++) value -= lower[i * side + k]! * lower[j * side + k]!;
      lower[i * side + j] = i === j ? Math.sqrt(value) : value / lower[j * side + j]!;
    }
  }
  return lower;
}

/** The inverse of a lower triangular matrix. */
function invertLower(lower: Float64Array, side: number): Float64Array {
  const inverse = new Float64Array(lower.length);
  for (let column = 0; column < side; column++) {
    for (let i = column; i < side; i++) {
      let value = i === column ? 1 : 0;
      for (let k = column; k < i; k++) value -= lower[i * side + k]! * inverse[k * side + column]!;
      inverse[i * side + column] = value / lower[i * side + i]!;
    }
  }
  return inverse;
}
