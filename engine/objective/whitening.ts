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
 * @module
 */
import { cholesky, congruence, invertLower, trace, transpose } from "./square_matrix.ts";

/** R, lower triangular. */
export type Whitener = Float32Array;

/**
 * The factor R of the inverse of (1 − w) I + w A · C / tr A.
 *
 * @param gram A, (channels × channels).
 * @param share w, 0 to below 1.
 */
export function whitener(gram: Float32Array, share: number): Whitener {
  const side = Math.sqrt(gram.length);
  const energy = trace(gram);
  // A blank style has no directions to tell apart.
  const scale = energy > 0 ? (share * side) / energy : 0;
  const metric = Float64Array.from(gram, (value) => scale * value);
  for (let i = 0; i < side; i++) metric[i * (side + 1)]! += 1 - share;
  return Float32Array.from(invertLower(cholesky(metric)));
}

/** R D Rᵀ. */
export function whiten(difference: Float32Array, factor: Whitener): Float32Array {
  return congruence(factor, difference);
}

/** Rᵀ X R: takes the gradient with respect to R D Rᵀ to that with respect to D. */
export function unwhiten(gradient: Float32Array, factor: Whitener): Float32Array {
  return congruence(transpose(factor), gradient);
}
